import type { Statement } from '@appwarrant/verifier/formats';

/** What people call a statement. */
export function statementTitle({ custom }: Statement): string {
  switch (custom.kind) {
    case 'entry':
      return `${custom.app.name} ${custom.build.version} (${custom.partner.name})`;
    case 'licence':
      return `Licence of ${custom.customer.name}`;
    case 'grant':
      return `Grant for ${custom.customer.name}: ${custom.reason}`;
  }
}
