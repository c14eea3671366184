// Command perdura runs a company's sales, marketing and customer processes.
package main

import (
	"os"

	"github.com/perdura/perdura/app"
	"github.com/perdura/perdura/worker"
)

func main() { os.Exit(app.Main(worker.Standard())) }
