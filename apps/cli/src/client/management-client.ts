import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { CliError } from '../output/cli-error.js';
import type { RegisteredArchive } from './archive-argument.js';
import type { ApiClient, ApiRequest } from './api-client.js';
import { detailedWorkflows, type DetailedWorkflow } from './detailed-answer.js';
import { auditAnswer, type AuditAnswer } from './audit-answer.js';
import { keptRequestAnswer, type KeptRequestAnswer } from './kept-request-answer.js';
import { repeatLost } from './repeat-lost.js';
import {
  acceptedAnswer,
  describedWorkflows,
  operationAnswer,
  versionsOfWorkflow,
  workflowPage,
  type DescribedWorkflow,
  type ListedWorkflow,
  type OperationAnswer,
  type VersionsOfWorkflow,
} from './answers.js';

type Query = NonNullable<ApiRequest['query']>;

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
    return this.begin(request);
  }

  /** Begins an update, with the parameters of `query`; tells the id of its operation. */
  async update(name: string, archive: RegisteredArchive, query: Query): Promise<string> {
    const url = 'url' in archive ? archive.url : undefined;
    const request: ApiRequest = {
      ...{ method: 'PUT', path: workflowPath(name), query: { ...query, url, synchronous: 'false' } },
      ...('content' in archive
        ? { headers: { 'content-type': 'application/octet-stream' }, body: archive.content }
        : {}),
    };
    return this.begin(request);
  }

  /** Begins to scale workers, with the parameters of `query`; tells the id of the operation. */
  async scale(name: string, query: Query): Promise<string> {
    const request: ApiRequest = { method: 'PUT', path: workflowPath(name), query: { ...query, synchronous: 'false' } };
    return this.begin(request);
  }

  /** Begins to make a version the active one; tells the id of the operation. */
  async setDefault(name: string, version: string): Promise<string> {
    const path = `${workflowPath(name)}/${encodeURIComponent(version)}/set-default`;
    return this.begin({ method: 'PUT', path, query: { synchronous: 'false' } });
  }

  /** Begins to remove a version that does not serve; tells the id of the operation. */
  async removeVersion(name: string, version: number): Promise<string> {
    const path = `${workflowPath(name)}/${version}`;
    return this.begin({ method: 'DELETE', path, query: { synchronous: 'false' } });
  }

  /** Begins to share requests out; tells the id of the operation. */
  async direct(name: string, traffic: object): Promise<string> {
    const request: ApiRequest = {
      ...{ method: 'PUT', path: `${workflowPath(name)}/traffic`, headers: { 'content-type': 'application/json' } },
      body: new TextEncoder().encode(JSON.stringify({ ...traffic, synchronous: false })),
    };
    return this.begin(request);
  }

  async versions(name: string): Promise<VersionsOfWorkflow> {
    return this.read({ method: 'GET', path: `${workflowPath(name)}/all` }, versionsOfWorkflow);
  }

  /** Begins an unregistration; tells the id of its operation. */
  async unregister(name: string): Promise<string> {
    const request: ApiRequest = { method: 'DELETE', path: workflowPath(name), query: { synchronous: 'false' } };
    return this.begin(request);
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

  /** All that is known of a workflow. */
  async inspect(name: string): Promise<DetailedWorkflow> {
    const request: ApiRequest = { method: 'GET', path: workflowPath(name), query: { detailed: 'true' } };
    const [workflow] = await this.read(request, detailedWorkflows);
    return workflow;
  }

  async operation(id: string): Promise<OperationAnswer> {
    return this.read({ method: 'GET', path: `/operations/${encodeURIComponent(id)}` }, operationAnswer);
  }

  /** A prediction that was kept. */
  async request(id: string): Promise<KeptRequestAnswer> {
    return this.read({ method: 'GET', path: `/dashboard/api/requests/${encodeURIComponent(id)}` }, keptRequestAnswer);
  }

  /** Who did what, the newest first. */
  async audit(query: URLSearchParams): Promise<AuditAnswer> {
    return this.read({ method: 'GET', path: `/audit?${query.toString()}` }, auditAnswer);
  }

  /** Cancels an operation; tells what it is then. */
  async cancel(id: string): Promise<OperationAnswer> {
    return this.read({ method: 'DELETE', path: `/operations/${encodeURIComponent(id)}` }, operationAnswer);
  }

  /** Begins what is asked for, once, also where it has to be sent again because its connection was lost. */
  private async begin(request: ApiRequest): Promise<string> {
    const headers = { ...request.headers, 'idempotency-key': randomUUID() };
    const { operationId } = await repeatLost(() => this.read({ ...request, headers }, acceptedAnswer));
    return operationId;
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
