package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// notifier posts notifications over connections that stay open.
type notifier struct {
	url    string
	client *http.Client
}

func newNotifier(url string) notifier {
	return notifier{url: url, client: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
	}}
}

func (n notifier) notify(ctx context.Context, id string) error {
	body, err := json.Marshal(map[string]string{"id": id})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("notify %s: %w", n.url, err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := n.client.Do(request)
	if err != nil {
		return fmt.Errorf("notify %s: %w", n.url, err)
	}
	defer answer.Body.Close()
	// Read to the end, so that the connection can be used again.
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return fmt.Errorf("notify %s: %w", n.url, err)
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("notify %s: it answered %s", n.url, answer.Status)
	}
	return nil
}
