import type { LessonPolicy } from "../lessonPolicy.ts";
import { isVirtualMachine } from "./virtualMachines.ts";

export const cpuHost: LessonPolicy = {
  key: "cpuHost",
  lesson: "C1",
  description: "every VM has CPU type host",
  severity: "high",
  remediationSteps:
    "set cpu.type to host; any other type hides AVX, and MongoDB 5 or later exits with an illegal instruction",
  validateResource: (resource) => {
    if (!isVirtualMachine(resource)) return [];
    const type = resource.props.cpu?.type;
    return type === "host" ? [] : [{ resource, field: "cpu.type", value: type, message: "is not host" }];
  },
};
