// Command own-binary is a company's binary: Perdura's processes and one of its own, with the same commands as perdura.
package main

import (
	"os"

	"github.com/perdura/perdura/app"
)

func main() { os.Exit(app.Main(table())) }
