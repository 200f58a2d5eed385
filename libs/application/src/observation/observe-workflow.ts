import type { WorkflowDefinition, WorkflowNode } from '@torchweave/domain';
import type { ServingGateway } from '../ports/gateway-registry.js';
import type { Operation } from '../ports/job-queue.js';
import type { AgedReport } from '../ports/model-reports.js';
import type { WorkflowRecord } from '../ports/workflow-state.js';
import type { VersionBeside } from '../ports/workflow-versions.js';
import type { InspectedWorkflow } from '../versions/inspect-workflow.js';
import { serving, worstOf, type Condition } from './condition.js';
import { judgeAttempts, type LiveView, type ObservedNodeLive } from './live-view.js';
import { judgeModel, judgePlace } from './judge-models.js';
import { judgeFollowed, judgePhase, judgeWorkflow, noGateway } from './judge-workflow.js';
import type { ObservedSeries } from './series.js';
import type { ObservedNode, ObservedVersion, ObservedWorkflow } from './observed.js';

/** A workflow as it stands, with the operations that were about it. */
export function observeWorkflow(
  { known, reports, gateways }: Omit<InspectedWorkflow, 'operation'>,
  operations: readonly Operation[],
  live: LiveView,
  series: ObservedSeries,
): ObservedWorkflow {
  const { active, beside, retired } = known;
  const { definition, revision } = active;
  const nodes = definition.nodes.map((node) =>
    observeNode(node, {
      report: reports.get(definition.version),
      gateways,
      live: live.node(definition.name, node.name),
    }),
  );
  const health = judgeWorkflow(
    { phase: active.phase, revision, changedAt: active.changedAt, ...failureOf(active) },
    gateways,
    nodes.map(({ node, health: ofNode }) => [node.name, ofNode]),
  );
  const ofVersion = (record: WorkflowRecord, kept: ObservedVersion['kept']): ObservedVersion =>
    versionOf(record, { kept, active, report: reports.get(record.definition.version), gateways, live });
  const versions = [
    ofVersion(active, active.phase === 'registering' ? 'preparing' : 'active'),
    ...beside.map((each) => ofVersion(each.record, keptOf(each))),
    ...retired.map((each) => retiredVersion(each, live)),
  ];
  return {
    ...{ name: definition.name, version: definition.version, health, registeredAt: active.changedAt },
    ...{ url: definition.url, digest: definition.digest, nodes },
    ...{ live: live.workflow(definition.name), processes: live.processes(definition.name) },
    edges: definition.nodes.flatMap(({ name, children }) => children.map((child) => [name, child] as const)),
    series,
    versions: versions.sort((a, b) => b.version - a.version),
    operations: operations.filter(({ workflow }) => workflow === definition.name),
  };
}

const failureOf = ({ failure }: WorkflowRecord): { readonly failure?: string } =>
  failure === undefined ? {} : { failure: failure.code };

interface NodeContext {
  readonly report: AgedReport | undefined;
  readonly gateways: readonly ServingGateway[];
  readonly live: ObservedNodeLive;
}

/** A function runs beside every gateway; a model where workers have seen it. */
function observeNode(node: WorkflowNode, { report, gateways, live }: NodeContext): ObservedNode {
  const attempts = judgeAttempts(live) ?? serving;
  if (node.kind === 'function') return { node, live, health: gateways.length === 0 ? noGateway : attempts, places: [] };
  const seen = report?.nodes[node.name];
  const ageMs = report?.ageMs ?? 0;
  const places = (seen ?? []).map((model) => ({ model, health: judgePlace(model, ageMs) }));
  return { node, live, health: worstOf([judgeModel(seen, ageMs), attempts]), places };
}

interface VersionContext {
  readonly kept: ObservedVersion['kept'];
  readonly active: WorkflowRecord;
  readonly report: AgedReport | undefined;
  readonly gateways: readonly ServingGateway[];
  readonly live: LiveView;
}

function versionOf(record: WorkflowRecord, { kept, active, report, gateways, live }: VersionContext): ObservedVersion {
  const { definition, changedAt, revision, phase } = record;
  const models = definition.nodes.flatMap((node): Condition[] =>
    node.kind === 'model' ? [judgeModel(report?.nodes[node.name], report?.ageMs ?? 0)] : [],
  );
  return {
    ...{ version: definition.version, kept, digest: definition.digest, registeredAt: changedAt },
    health:
      judgePhase({ phase, changedAt, ...failureOf(record) }) ?? worstOf([judgeFollowed(revision, gateways), ...models]),
    live: live.version(definition.name, definition.version),
    weight: weightOf(definition.version, active),
    gateways: gateways.filter((gateway) => gateway.revision >= revision).length,
  };
}

const keptOf = ({ record: { phase } }: VersionBeside): ObservedVersion['kept'] =>
  phase === 'registering' ? 'preparing' : 'warm';

function weightOf(version: number, { definition, pointers }: WorkflowRecord): number {
  const weights = pointers?.traffic?.weights ?? {};
  if (Object.keys(weights).length > 0) return weights[version] ?? 0;
  return version === definition.version && pointers !== undefined ? 100 : 0;
}

/** It runs nowhere, and can be registered again from its archive. */
const retiredVersion = ({ name, version, digest }: WorkflowDefinition, live: LiveView): ObservedVersion => ({
  live: live.version(name, version),
  ...{ version, kept: 'retired', weight: 0, digest, registeredAt: '', gateways: 0 },
  health: { state: 'not serving', reason: 'It is kept no longer; going back to it registers it again.' },
});
