// The closed forms of SPEC §1.3 and §1.6, as patterns that readers match whole values against.

export const sha256Pattern = /^[0-9a-f]{64}$/;
export const partnerIdPattern = /^p-[a-z2-7]{26}$/;
export const customerIdPattern = /^c-[a-z2-7]{26}$/;
export const approverIdPattern = /^u-[a-z2-7]{26}$/;
export const buildIdPattern = /^b-[a-z2-7]{26}$/;
export const appSlugPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;
export const capabilityPattern = /^[a-z0-9][a-z0-9:._-]{0,63}$/;
/** RFC 7638 thumbprints: 32 bytes in base64url, whose last character has two zero bits. */
export const thumbprintPattern = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
/** A partner's role: its id, or that and an overflow number from 2. */
export const partnerRolePattern = /^(p-[a-z2-7]{26})(?:-([2-9]|[1-9][0-9]{1,3}))?$/;
