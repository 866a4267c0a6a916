// The shapes of every answer of /api/v1, for the portal's pages: types only. Times are `YYYY-MM-DDTHH:MM:SSZ`,
// durations are seconds, lengths are bytes, digests 64 hexadecimal digits, byte strings base64url.

import type { JsonValue, Statement } from '@appwarrant/verifier/formats';

export type { ProblemDocument, InputError } from './problem.ts';
export type { ProblemCode } from './problems.ts';
export type { Statement };

export type Time = string;

/** A thing by its id and what people call it. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

// --- who is here -----------------------------------------------------------------------------------------------------

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: 'admin' | 'partner';
  /** The partner of a person of role `partner`. */
  readonly partner: Named | null;
}

/** GET /session, POST /session, POST /invitations/:token/accept */
export interface SessionAnswer {
  readonly person: Person;
}

/** POST /session/options, POST /invitations/:token/options: `options` goes to navigator.credentials as it is. */
export interface FlowAnswer {
  readonly flow: string;
  readonly options: { readonly [name: string]: unknown };
}

/** GET /invitations/:token */
export interface Invitation {
  readonly kind: 'admin' | 'partner';
  readonly name: string;
  readonly partner: Named | null;
  readonly expires: Time;
  /** The very first person of this portal. */
  readonly first: boolean;
}

/** POST /invitations, POST /approval-lists, POST /people/:id/approver-enrolment */
export interface LinkAnswer {
  /** A one-time link; shown once, kept nowhere. */
  readonly link: string;
  readonly expires: Time;
}

export type ApproverState =
  'none' | 'enrolling' | 'waiting-for-roster' | 'active' | 'retired' | 'compromised';

/** GET /people */
export interface PersonRow extends Person {
  readonly created: Time;
  readonly lastSeen: Time | null;
  readonly left: Time | null;
  readonly passkeys: number;
  readonly approver: ApproverState;
}

export interface InvitationRow {
  readonly kind: 'admin' | 'partner';
  readonly name: string;
  readonly partner: Named | null;
  readonly created: Time;
  readonly expires: Time;
}

export interface PeopleAnswer {
  readonly people: readonly PersonRow[];
  /** Those not yet used or over. */
  readonly invitations: readonly InvitationRow[];
}

/** GET /vendor: also without a session */
export interface Vendor {
  readonly name: string;
  readonly slug: string;
  readonly environment: 'production' | 'development';
  readonly registry: string;
  readonly portalOrigin: string;
  readonly approveOrigin: string;
  readonly developmentKeys: boolean;
  /** Whether the sample is here. */
  readonly sample: boolean;
}

// --- overview --------------------------------------------------------------------------------------------------------

export interface Waiting {
  readonly kind: 'build' | 'license' | 'grant' | 'approver' | 'roster' | 'publication';
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly since: Time;
  /** A path of the pages, e.g. `/builds/b-…`. */
  readonly href: string;
}

export interface Ending {
  readonly what: string;
  readonly at: Time;
  readonly severity: 'fine' | 'soon' | 'now';
}

export interface FirstStep {
  readonly id: 'enrol' | 'approver' | 'license' | 'partner' | 'build' | 'package';
  readonly title: string;
  readonly done: boolean;
  readonly href: string;
}

/** GET /overview: a partner's shows that partner's things only, and has no `ends` and no `steps`. */
export interface Overview {
  readonly waiting: readonly Waiting[];
  /** How many wait in all; `waiting` has the oldest fifty. */
  readonly waitingTotal: number;
  readonly published: { readonly version: number; readonly signedAt: Time; readonly entries: number } | null;
  readonly ends: readonly Ending[];
  readonly counts: {
    readonly partners: number;
    readonly apps: number;
    readonly builds: { readonly [state in BuildState]: number };
    readonly customers: number;
  };
  readonly steps: readonly FirstStep[];
}

// --- partners, apps, builds ------------------------------------------------------------------------------------------

/** GET /partners (a list of these), GET /partners/:id, POST /partners */
export interface Partner extends Named {
  readonly created: Time;
  readonly apps: number;
  readonly builds: number;
  readonly people: number;
}

export type Platform = 'server' | 'web' | 'android' | 'ios' | 'macos' | 'windows' | 'linux';
export type Holder = 'server' | 'embedded' | 'hardware';
export type KeyUse = 'request' | 'attest';
export type BuildState = 'waiting' | 'approved' | 'published' | 'rejected' | 'revoked';
export type ArtifactKind = 'npm' | 'apk' | 'zip' | 'unknown';

/** GET /apps (a list of these), GET /apps/:id, POST /apps */
export interface App extends Named {
  readonly slug: string;
  readonly partner: Named;
  readonly platform: Platform;
  readonly capabilities: readonly string[];
  readonly created: Time;
  readonly builds: number;
  readonly published: number;
  readonly waiting: number;
}

export interface Finding {
  readonly severity: 'info' | 'warning' | 'error';
  /** A stable code, e.g. `name_differs`. */
  readonly code: string;
  readonly message: string;
}

/** POST /uploads */
export interface UploadAnswer {
  readonly upload: Upload;
}

export interface Upload {
  readonly id: string;
  readonly digest: string;
  readonly length: number;
  readonly kind: ArtifactKind;
  /** What the file says of itself. */
  readonly name: string | null;
  readonly version: string | null;
  readonly findings: readonly Finding[];
}

export interface BuildRow {
  readonly id: string;
  readonly partner: Named;
  /** `id` is the app's id, `slug` its name in addresses. */
  readonly app: Named & { readonly slug: string };
  readonly version: string;
  readonly platform: Platform;
  readonly kind: ArtifactKind;
  readonly digest: string;
  readonly length: number;
  readonly state: BuildState;
  readonly submitted: Time;
  readonly decided: Time | null;
  /** People who have approved, and how many must. */
  readonly approvals: number;
  readonly approvalsNeeded: number;
}

/** GET /builds */
export interface BuildPage {
  readonly rows: readonly BuildRow[];
  readonly total: number;
}

export type BuildSort =
  | 'submitted'
  | '-submitted'
  | 'version'
  | '-version'
  | 'app'
  | '-app'
  | 'state'
  | '-state'
  | 'partner'
  | '-partner';

export interface EcKey {
  readonly crv: 'P-256';
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

export interface HistoryLine {
  readonly at: Time;
  readonly who: Named | null;
  readonly event:
    'submitted' | 'proposed' | 'approval' | 'approved' | 'published' | 'rejected' | 'revoked' | 'superseded';
  readonly detail: string;
}

/** GET /builds/:id, POST /apps/:id/builds, POST /builds/:id/reject */
export interface BuildAnswer {
  readonly build: Build;
}

export interface Build extends BuildRow {
  readonly key: EcKey;
  readonly thumbprint: string;
  /** Whether the key signs requests, or vouches for the keys of installed copies. */
  readonly use: KeyUse;
  readonly holder: Holder;
  readonly capabilities: readonly string[];
  readonly customers: 'all' | readonly string[];
  readonly findings: readonly Finding[];
  /** Digest of the findings and terms that an approval covers. */
  readonly review: string;
  readonly submittedBy: Named;
  /** Of the rejection or revocation. */
  readonly reason: string | null;
  readonly approvedBy: readonly { readonly who: Named; readonly at: Time }[];
  readonly history: readonly HistoryLine[];
  /** Whether the bytes are kept here for download. */
  readonly artifact: boolean;
  /** Whether there is a delivery note (.p7s): approved builds only. */
  readonly deliveryNote: boolean;
}

// --- approving -------------------------------------------------------------------------------------------------------

/** What POST /approval-lists takes in `subjects`. */
export type ApprovalSubject =
  /** `again`: a build that was revoked, or whose approval ends, is to be approved anew. */
  | { readonly kind: 'build'; readonly id: string; readonly again?: boolean | undefined }
  | { readonly kind: 'license'; readonly customerId: string }
  | { readonly kind: 'grant'; readonly grantId: string };

/** POST /approval-lists */
export interface ApprovalListAnswer extends LinkAnswer {
  readonly list: {
    readonly id: string;
    readonly kind: 'entry' | 'licence' | 'grant';
    readonly statements: number;
  };
}

/** `/configuration.json` of the approving host. */
export interface ApprovingConfiguration {
  readonly portalOrigin: string;
  readonly registry: string;
  readonly environment: 'production' | 'development';
  readonly rpId: string;
  readonly vendor: string;
}

/** GET /approving/:token. For a list, `credentials` are the ids that the roster knows (allowCredentials). */
export type ApprovingAnswer =
  | {
      readonly kind: 'list';
      readonly registry: string;
      readonly environment: 'production' | 'development';
      readonly rpId: string;
      readonly statements: readonly Statement[];
      readonly credentials: readonly string[];
      readonly expires: Time;
    }
  | {
      readonly kind: 'enrolment';
      readonly registry: string;
      readonly environment: 'production' | 'development';
      readonly rpId: string;
      readonly person: Named;
      readonly expires: Time;
    };

/** What POST /approving/:token takes for a list. */
export interface ApprovalSubmission {
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** What POST /approving/:token takes for an enrolment. */
export interface EnrolmentSubmission {
  readonly credentialId: string;
  readonly attestationObject: string;
  readonly clientDataJSON: string;
}

/** The answer of POST /approving/:token. */
export type ApprovingResult =
  | {
      readonly kind: 'approved';
      readonly approver: Named;
      readonly statements: number;
      /** How many of them now have all the approvals that they need. */
      readonly complete: number;
    }
  | {
      readonly kind: 'enrolled';
      readonly person: Named;
      /** RFC 7638 thumbprint of the new key: to be compared aloud. */
      readonly fingerprint: string;
      /** Whether the roster lists it already (development keys). */
      readonly active: boolean;
    };

// --- roster ----------------------------------------------------------------------------------------------------------

export interface RosterApprover extends Named {
  readonly status:
    | { readonly kind: 'active' }
    | { readonly kind: 'retired'; readonly at: Time }
    | { readonly kind: 'compromised' };
  readonly keys: readonly {
    readonly id: string;
    readonly alg: 'ES256' | 'RS256';
    readonly fingerprint: string;
  }[];
}

/** GET /roster */
export interface RosterAnswer {
  readonly version: number;
  readonly thresholds: { readonly entry: number; readonly licence: number; readonly grant: number };
  readonly ceilings: {
    readonly fresh: number;
    readonly grace: number;
    readonly monitor: number;
    readonly breakGlass: number;
    readonly entryValidity: number;
    readonly attestation: number;
  };
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly approvers: readonly RosterApprover[];
  /** Enrolled, and not in the roster yet. */
  readonly pending: readonly {
    readonly person: Named;
    readonly fingerprint: string;
    readonly enrolled: Time;
  }[];
  /** Statuses that the offline keys are asked to change. */
  readonly changes: readonly {
    readonly person: Named;
    readonly status: 'retired' | 'compromised';
    readonly since: Time;
  }[];
  /** Waits for the offline keys. */
  readonly request: { readonly id: string; readonly created: Time } | null;
  readonly developmentKeys: boolean;
  readonly expires: Time;
}

// --- customers -------------------------------------------------------------------------------------------------------

export interface Deployment {
  readonly id: string;
  readonly origins: readonly string[];
}

export interface LicenseView {
  readonly statement: string;
  readonly state: 'proposed' | 'approved' | 'published' | 'superseded' | 'revoked' | 'withdrawn';
  readonly fresh: number;
  readonly grace: number;
  readonly issued: Time;
  readonly expires: Time;
  readonly approvals: number;
  readonly approvalsNeeded: number;
}

export type GrantEffect =
  | { readonly kind: 'monitor' }
  | { readonly kind: 'breakGlass' }
  | { readonly kind: 'grace'; readonly grace: number };

export interface GrantView {
  readonly id: string;
  readonly statement: string;
  readonly effect: GrantEffect;
  readonly reason: string;
  readonly state: LicenseView['state'];
  readonly issued: Time;
  readonly expires: Time;
  readonly approvals: number;
  readonly approvalsNeeded: number;
}

/** GET /customers (a list of these), GET /customers/:id, POST /customers, PUT /customers/:id/deployments */
export interface Customer extends Named {
  readonly created: Time;
  readonly deployments: readonly Deployment[];
  /** The newest licence. */
  readonly license: LicenseView | null;
  readonly grants: readonly GrantView[];
  /** Whether GET /customers/:id/bundle has something to give, and else why not. */
  readonly bundle:
    | { readonly ready: true; readonly version: number; readonly signedAt: Time }
    | { readonly ready: false; readonly why: string };
  /** This machine's own deployment, made at the first start. */
  readonly development: boolean;
}

// --- publishing ------------------------------------------------------------------------------------------------------

export interface RevocationView {
  readonly id: string;
  readonly subject: JsonValue;
  readonly through: Time;
  readonly reason: string;
  readonly by: Named | null;
  readonly published: number | null;
}

export interface Publication {
  readonly version: number;
  readonly state: 'reserved' | 'published' | 'failed';
  readonly cause: string;
  readonly by: Named | null;
  readonly created: Time;
  readonly published: Time | null;
  readonly signedAt: Time | null;
  readonly targetsVersion: number | null;
  readonly registryVersion: number | null;
  readonly entries: number;
  readonly partners: number;
  readonly customers: number;
  readonly revocations: number;
}

/** GET /publications */
export interface PublicationPage {
  readonly rows: readonly Publication[];
  readonly total: number;
}

/** GET /publications/:version */
export interface PublicationDetail extends Publication {
  readonly files: readonly {
    readonly role: string;
    readonly version: number;
    readonly digest: string;
    readonly length: number;
  }[];
  readonly added: readonly { readonly path: string; readonly title: string }[];
  readonly removed: readonly { readonly path: string; readonly title: string }[];
}

/** GET /verifier-package (null when none was made), POST /verifier-package */
export interface VerifierPackage {
  readonly version: string;
  readonly file: string;
  readonly digest: string;
  readonly length: number;
  readonly targetsVersion: number;
  readonly created: Time;
}

// --- audit -----------------------------------------------------------------------------------------------------------

export interface AuditAct {
  readonly seq: number;
  readonly at: Time;
  /** Null: the portal itself. */
  readonly actor: Named | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: JsonValue;
  readonly digest: string;
}

/** GET /audit?before&limit */
export interface AuditPage {
  readonly rows: readonly AuditAct[];
  /** Digest of the newest act: what the next timestamp will carry. */
  readonly head: string;
}
