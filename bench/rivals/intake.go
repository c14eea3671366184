package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Lead is what is posted.
type Lead struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Name    string `json:"name"`
	Company string `json:"company"`
	Country string `json:"country"`
	Message string `json:"message"`
}

// lastAnswers is how long requests under way may take after the end was asked for.
const lastAnswers = 2 * time.Second

// serve takes leads at POST /leads until ctx ends, and says so in a line on stdout. It answers 202 once accept, which
// makes a lead durable, has returned.
func serve(ctx context.Context, listen string, accept func(context.Context, Lead) error) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /leads", func(w http.ResponseWriter, r *http.Request) {
		var lead Lead
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&lead); err != nil || lead.ID == "" {
			http.Error(w, "the body is no lead with an id", http.StatusBadRequest)
			return
		}
		if err := accept(r.Context(), lead); err != nil {
			slog.Warn("a lead was not accepted", "lead", lead.ID, "cause", err)
			http.Error(w, "the lead was not accepted", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for leads: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	fmt.Println("ready")
	select {
	case err := <-done:
		return fmt.Errorf("serve leads: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswers)
	defer cancel()
	if err := server.Shutdown(ending); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}
