import { z } from "zod";
import { httpsUrl, matching, whole } from "../fields.ts";

export const backup = z.strictObject({
  bucket: matching(
    "a bucket",
    /^[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/,
    "write the bucket's name: 6 to 63 lower-case letters, digits and hyphens",
    "B3",
  ),
  endpoint: httpsUrl("B3"),
  region: matching(
    "a region",
    /^[a-z]{2}-[a-z]+-\d{3}$/,
    "write the region as Backblaze does, such as eu-central-003",
    "B3",
  ),
  /**
   * Counts the lives of this lab: a rebuild that brings data back begins the next one. Every life writes to a folder
   * of its own, so that no rebuilt system ever writes over the backups that it was made from.
   */
  life: whole("the lab's life", 1, 999, "B3").default(1),
});
