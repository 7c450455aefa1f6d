import { measureBootDocument } from "../boot/boot-document.ts";
import { isSlipwayError } from "../errors.ts";
import type { Check, PlanDraft } from "../plan/plan.ts";
import { failedBy, passed, warning } from "../substrate/check.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";

/** The checks of what the machine itself receives: its boot document, and repositories to clone. */
export function guestChecks(draft: PlanDraft, adapter: SubstrateAdapter): readonly Check[] {
  return [bootDocumentCheck(draft, adapter), ...cloneChecks(draft, adapter)];
}

function bootDocumentCheck(draft: PlanDraft, { capabilities }: SubstrateAdapter): Check {
  const name = "guest.boot-document";
  try {
    const { bootDocument, batch } = capabilities;
    const { bytes, maximumBytes, members } = measureBootDocument(
      draft,
      bootDocument,
      batch.maximum,
    );
    const size = `the boot document takes at most ${bytes} of ${maximumBytes} bytes`;
    if (members === null) return passed(name, size);
    return passed(
      name,
      `${size} for a spawn without env and input, which leaves ${maximumBytes - bytes}; a launch carries about ${members} such spawns`,
    );
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return failedBy(name, caught);
  }
}

function cloneChecks({ workspace, guest }: PlanDraft, { capabilities }: SubstrateAdapter): Check[] {
  const name = "guest.clone";
  const cloned = guest.repos.filter(({ clonePath }) => clonePath !== undefined);
  if (cloned.length === 0) return [];
  const paths = cloned.map(({ cloneUrl, clonePath }) => `${cloneUrl} to ${clonePath ?? ""}`);
  if (capabilities.bootDocument.delivery === "cloud-init")
    return [
      passed(
        name,
        `the machine clones ${paths.join(", ")} at its first boot, if its image has git`,
      ),
    ];
  const urls = cloned.map(({ cloneUrl }) => cloneUrl).join(", ");
  return [
    warning(name, {
      code: "UNIMPLEMENTED",
      reason: "REPOS_NOT_CLONED",
      message: `workspace ${workspace}: a container does not clone ${urls}`,
      remedy: "Clone in the container's own command; its boot document lists the repositories.",
    }),
  ];
}
