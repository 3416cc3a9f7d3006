import { expect, test } from "vitest";
import { parseImage } from "../policy/images/images.ts";
import { images } from "./images.ts";

test.each(Object.entries(images))("%s has its registry and an exact version (I2)", (_, image) => {
  const { repository, tag } = parseImage(image);
  expect(repository).toMatch(/^([a-z0-9-]+\.)+[a-z]+\//);
  expect(tag).toMatch(/^v?\d+\.\d+(\.\d+)?/);
});
