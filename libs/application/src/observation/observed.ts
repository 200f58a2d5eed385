import type { ObservedSeries } from './series.js';
import type { WorkflowNode } from '@torchweave/domain';
import type { Operation } from '../ports/job-queue.js';
import type { SeenModel } from '../ports/model-reports.js';
import type { Condition, ConditionState } from './condition.js';
import type { ObservedLive, ObservedNodeLive } from './live-view.js';

/** A figure or a word with its name. */
export interface Fact {
  readonly name: string;
  readonly value: string | number;
  readonly unit?: 'ms' | 'bytes' | 'count' | 'rate' | 'time';
}

/** A process or a server that an installation is made of. */
export interface ObservedPart {
  readonly kind: 'api' | 'worker' | 'gateway' | 'redis' | 'model-server';
  readonly id: string;
  readonly health: Condition;
  readonly version?: string;
  readonly facts: readonly Fact[];
}

/** One workflow of the table. */
export interface ObservedRow {
  readonly name: string;
  readonly version: number;
  readonly health: Condition;
  readonly registeredAt: string;
  readonly live: ObservedLive;
  /** The node that is why, where one is. */
  readonly node?: string;
}

/** Something that needs a look. */
export interface Attention {
  readonly health: Condition;
  readonly title: string;
  /** A path of the page. */
  readonly href: string;
}

/** An installation on one screen. */
export interface ObservedInstallation {
  readonly parts: readonly ObservedPart[];
  readonly workflows: Readonly<Record<ConditionState, number>>;
  readonly attention: readonly Attention[];
  readonly operations: {
    readonly waiting: number;
    readonly running: number;
    readonly failedLastDay: number;
    readonly recent: readonly Operation[];
  };
}

/** A model on one server. */
interface ObservedPlace {
  readonly model: SeenModel;
  readonly health: Condition;
}

/** A node of the active version. */
export interface ObservedNode {
  readonly node: WorkflowNode;
  readonly health: Condition;
  readonly live: ObservedNodeLive;
  readonly places: readonly ObservedPlace[];
}

/** A version of a workflow. */
export interface ObservedVersion {
  readonly version: number;
  readonly health: Condition;
  readonly kept: 'active' | 'warm' | 'retired' | 'preparing';
  /** Per cent of the requests. */
  readonly weight: number;
  readonly digest: string;
  /** ISO 8601, UTC; empty where it is not known. */
  readonly registeredAt: string;
  readonly live: ObservedLive;
  /** How many gateways serve it. */
  readonly gateways: number;
}

/** A workflow with all that is known of it. */
export interface ObservedWorkflow {
  readonly name: string;
  readonly version: number;
  readonly health: Condition;
  readonly registeredAt: string;
  readonly url: string;
  readonly digest: string;
  readonly live: ObservedLive;
  /** Python processes of its functions, at all gateways at which something goes on. */
  readonly processes: number;
  readonly nodes: readonly ObservedNode[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** The last first. */
  readonly versions: readonly ObservedVersion[];
  readonly series: ObservedSeries;
  readonly operations: readonly Operation[];
}
