import type { Person } from '../api-types.ts';
import type { Db } from '../database/database.ts';
import { partnerName } from '../partners/partner-name.ts';

/** A person as the API shows them. */
export async function viewPerson(
  db: Db,
  person: {
    readonly id: string;
    readonly name: string;
    readonly role: 'admin' | 'partner';
    readonly partnerId: string | null;
  },
): Promise<Person> {
  const name = person.partnerId === null ? undefined : await partnerName(db, person.partnerId);
  return {
    id: person.id,
    name: person.name,
    role: person.role,
    partner: person.partnerId === null ? null : { id: person.partnerId, name: name ?? person.partnerId },
  };
}
