import type { z } from 'zod';
import { CliError } from '../output/cli-error.js';
import type { RegisteredArchive } from './archive-argument.js';
import type { ApiClient, ApiRequest } from './api-client.js';
import {
  acceptedAnswer,
  describedWorkflows,
  operationAnswer,
  workflowPage,
  type DescribedWorkflow,
  type ListedWorkflow,
  type OperationAnswer,
} from './answers.js';

export interface Registration {
  readonly archive: RegisteredArchive;
  readonly name?: string | undefined;
  readonly sha256?: string | undefined;
}

/** The management API. Every method throws a CliError with the server's sentence. */
export class ManagementClient {
  constructor(private readonly api: ApiClient) {}

  /** Begins a registration; tells the id of its operation. */
  async register({ archive, name, sha256 }: Registration): Promise<string> {
    const url = 'url' in archive ? archive.url : undefined;
    const request: ApiRequest = {
      ...{ method: 'POST', path: '/workflows' },
      query: { url, workflow_name: name, sha256, synchronous: 'false' },
      ...('content' in archive
        ? { headers: { 'content-type': 'application/octet-stream' }, body: archive.content }
        : {}),
    };
    return (await this.read(request, acceptedAnswer)).operationId;
  }

  /** Begins an unregistration; tells the id of its operation. */
  async unregister(name: string): Promise<string> {
    const request: ApiRequest = { method: 'DELETE', path: workflowPath(name), query: { synchronous: 'false' } };
    return (await this.read(request, acceptedAnswer)).operationId;
  }

  /** All workflows, page by page. */
  async list(): Promise<ListedWorkflow[]> {
    const workflows: ListedWorkflow[] = [];
    for (let token: string | undefined = '0'; token !== undefined;) {
      const query: Record<string, string> = { limit: '100', next_page_token: token };
      const page: z.infer<typeof workflowPage> = await this.read(
        { method: 'GET', path: '/workflows', query },
        workflowPage,
      );
      workflows.push(...page.workflows);
      token = page.nextPageToken;
    }
    return workflows;
  }

  async describe(name: string): Promise<DescribedWorkflow> {
    const [described] = await this.read({ method: 'GET', path: workflowPath(name) }, describedWorkflows);
    return described;
  }

  async operation(id: string): Promise<OperationAnswer> {
    return this.read({ method: 'GET', path: `/operations/${encodeURIComponent(id)}` }, operationAnswer);
  }

  private async read<T extends z.ZodType>(request: ApiRequest, schema: T): Promise<z.infer<T>> {
    const { body } = await this.api.request(request);
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(body)));
    } catch (error) {
      const message = 'The server does not answer as a Torchweave does: is it another one that listens there?';
      throw new CliError(message, { cause: error });
    }
  }
}

const workflowPath = (name: string): string => `/workflows/${encodeURIComponent(name)}`;
