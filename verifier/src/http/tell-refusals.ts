import { Refused } from '../refused.ts';
import type { Admission } from './admission.ts';
import type { PendingAdmission } from './check.ts';
import type { RequestToCheck } from './request-head.ts';

/** The part of a verifier that adapters use. */
export type HeadChecker = {
  checkHeadAsync(
    request: RequestToCheck,
  ): Promise<PendingAdmission & { readonly refuse?: (refused: Refused) => void }>;
  /** Tells those who watch what was refused beside the check. */
  noteRefusal?(request: RequestToCheck, refused: Refused, admission?: Admission): void;
};

/** Tells of a refusal that came after the head had passed; `final` where the whole request was admitted before. */
export type Note = (refused: Refused, final: Admission | undefined) => void;

/** A head that has passed, and whom to tell of what is refused later. */
export type Asked = { readonly pending: PendingAdmission; readonly note: Note };

/**
 * Does an adapter's work on one request, and sees to it that those who watch hear of its refusal once, whoever refused: the adapter before
 * it asked, the check, or the adapter as the body came. `head` is the request, for refusals before it was asked about.
 */
export async function tellRefusals<T>(
  verifier: HeadChecker,
  head: () => RequestToCheck,
  work: (ask: (request: RequestToCheck) => Promise<Asked>) => Promise<T>,
): Promise<T> {
  let isAsked = false;
  let giveUp: ((refused: Refused) => void) | undefined;
  try {
    return await work(async (request) => {
      isAsked = true;
      const pending = await verifier.checkHeadAsync(request);
      giveUp = pending.refuse;
      return {
        pending,
        note: (refused, final) => {
          if (final === undefined) giveUp?.(refused);
          else verifier.noteRefusal?.(request, refused, final);
        },
      };
    });
  } catch (error) {
    if (error instanceof Refused) {
      // What the check refused it has told itself; after its verdict, giving up says nothing new.
      if (isAsked) giveUp?.(error);
      else verifier.noteRefusal?.(head(), error);
    }
    throw error;
  }
}
