package main

import (
	"context"

	"github.com/perdura/perdura/workflows/catchup"
)

var paid = []scenario{
	{process: "catchup", name: "asked-at-once", ending: continues, play: func(ctx context.Context, h *house) (string, error) {
		return catchup.Process.Describe().WorkflowID("house", ""), h.post(ctx, "/v1/processes/"+catchup.Process.Name()+"/runs/house/signals/"+catchup.Asked.Name(), `{}`, nil)
	}},
}
