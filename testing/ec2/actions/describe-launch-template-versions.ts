import { reading } from "../action.ts";
import { missingParameter } from "../failure.ts";
import { requireTemplate, versionOf } from "../launch-templates.ts";
import { timestamp } from "../lifecycle.ts";
import { list, text } from "../parameters.ts";

export const describeLaunchTemplateVersions = reading(
  { LaunchTemplateId: text, LaunchTemplateName: text, LaunchTemplateVersion: list(text) },
  {
    name: "DescribeLaunchTemplateVersions",
    read(
      context,
      { LaunchTemplateId: id, LaunchTemplateName: name, LaunchTemplateVersion: asked },
    ) {
      if (id === null && name === null) throw missingParameter("LaunchTemplateId");
      const template = requireTemplate(context, { id, name });
      const shown =
        asked.length === 0
          ? template.versions
          : asked.map((version) => versionOf(template, version));
      return {
        launchTemplateVersionSet: shown.map(({ number, data }) => ({
          launchTemplateId: template.id,
          launchTemplateName: template.name,
          versionNumber: number,
          defaultVersion: number === template.defaultVersion,
          createTime: timestamp(template.createdAt),
          launchTemplateData: data,
        })),
      };
    },
  },
);
