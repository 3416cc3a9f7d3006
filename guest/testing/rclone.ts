import type { GoProgram } from "./goProgram.ts";

/** rclone itself, with the two backends and the commands that the lab's scripts use. */
export const rcloneProgram: GoProgram = {
  name: "rclone",
  module: "github.com/rclone/rclone",
  version: "v1.75.1",
  main: `package main

import (
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/s3"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/cat"
	_ "github.com/rclone/rclone/cmd/copyto"
	_ "github.com/rclone/rclone/cmd/deletefile"
	_ "github.com/rclone/rclone/cmd/lsf"
)

func main() { cmd.Main() }
`,
};
