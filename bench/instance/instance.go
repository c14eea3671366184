// Package instance runs a standalone Perdura as a process of its own and speaks HTTP to it, for benchmarks and
// end-to-end tests: what they measure and break is what users run.
package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Addresses is what the standalone program writes once it is ready; see its --addresses flag.
type Addresses struct {
	API            string   `json:"api"`
	Temporal       string   `json:"temporal"`
	TemporalUI     string   `json:"temporal_ui"`
	Outbox         string   `json:"outbox"`
	Namespace      string   `json:"namespace"`
	DatabaseURL    string   `json:"database_url"`
	APIKey         string   `json:"api_key"`
	EncryptionKeys []string `json:"encryption_keys"`
}

// Instance is one running process with some or all parts of the house.
type Instance struct {
	Addresses
	cmd    *exec.Cmd
	output *lockedBuffer
	exited chan struct{}
}

// Options say how to start.
type Options struct {
	// Binary is the standalone program.
	Binary string
	// DataDir keeps the state; processes that share it form one house.
	DataDir string
	// Parts, comma-separated; empty means all.
	Parts string
	// Args are further flags, Env further variables ("NAME=value").
	Args, Env []string
	// Timeout bounds the start; a minute when zero.
	Timeout time.Duration
}

// Workspace makes a folder for the data of a house, which the caller removes. The server of a root user's house runs as
// somebody else, who is able to enter.
func Workspace(name string) (string, error) {
	dir, err := os.MkdirTemp("", "perdura-"+name+"-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// Start runs the program on free ports and waits until it is ready. When it does not get ready, the error holds what it
// printed.
func Start(ctx context.Context, o Options) (*Instance, error) {
	for try := 1; ; try++ {
		i, err := start(ctx, o)
		// A port that was free when it was chosen may be some other connection's by the time that it is listened at.
		if err == nil || try == tries || !strings.Contains(err.Error(), "address already in use") {
			return i, err
		}
	}
}

// tries is how often a house is started whose ports were taken meanwhile.
const tries = 4

func start(ctx context.Context, o Options) (*Instance, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	file := filepath.Join(o.DataDir, fmt.Sprintf("ready-%d.json", time.Now().UnixNano()))
	args := []string{"--data", o.DataDir, "--addresses", file, "--free-ports"}
	if o.Parts != "" {
		args = append(args, "--parts", o.Parts)
	}
	i := &Instance{cmd: exec.Command(o.Binary, append(args, o.Args...)...), output: &lockedBuffer{}, exited: make(chan struct{})}
	i.cmd.Env = append(os.Environ(), o.Env...)
	i.cmd.Stdout, i.cmd.Stderr = i.output, i.output
	// A group of its own, so that Kill reaches the whole tree.
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := i.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
	}
	go func() {
		_ = i.cmd.Wait()
		close(i.exited)
	}()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	for {
		if raw, err := os.ReadFile(file); err == nil {
			_ = os.Remove(file)
			return i, json.Unmarshal(raw, &i.Addresses)
		}
		select {
		case <-i.exited:
			return nil, fmt.Errorf("%s ended before it was ready:\n%s", o.Binary, i.output)
		case <-ctx.Done():
			i.Kill()
			return nil, fmt.Errorf("%s was not ready after %s:\n%s", o.Binary, o.Timeout, i.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Attach returns the running house that an addresses file tells of. It can be called, and neither stopped nor killed.
func Attach(file string) (*Instance, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the addresses: start the standalone house with --addresses FILE: %w", err)
	}
	i := &Instance{}
	if err := json.Unmarshal(raw, &i.Addresses); err != nil {
		return nil, fmt.Errorf("read the addresses in %s: %w", file, err)
	}
	return i, nil
}

// Output is everything the process printed so far.
func (i *Instance) Output() string { return i.output.String() }

// PID is the process's id.
func (i *Instance) PID() int { return i.cmd.Process.Pid }

// Ended reports whether the process is gone.
func (i *Instance) Ended() bool {
	select {
	case <-i.exited:
		return true
	default:
		return false
	}
}

// Kill ends the process and its group with SIGKILL and waits until it is gone.
func (i *Instance) Kill() {
	_ = syscall.Kill(-i.cmd.Process.Pid, syscall.SIGKILL)
	<-i.exited
}

// Stop asks the process to end, as Ctrl-C does, and waits up to half a minute.
func (i *Instance) Stop() error {
	_ = i.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-i.exited:
		return nil
	case <-time.After(30 * time.Second):
		i.Kill()
		return errors.New("the process did not end within 30 s of being asked; it printed:\n" + i.Output())
	}
}

// Answer is an HTTP answer, read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the body as JSON.
func (a Answer) Decode(into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("read the answer %d %q: %w", a.Status, a.Body, err)
	}
	return nil
}

var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

// Call sends one request with the instance's API key. body is sent as it is when it is []byte, else as JSON; nil sends
// none. header holds name, value, name, value; an empty value leaves the header out.
func (i *Instance) Call(ctx context.Context, method, url string, body any, header ...string) (Answer, error) {
	var reader io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		reader, contentType = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return Answer{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Authorization", "Bearer "+i.APIKey)
	for n := 0; n+1 < len(header); n += 2 {
		req.Header.Set(header[n], header[n+1])
		if header[n+1] == "" {
			req.Header.Del(header[n])
		}
	}
	res, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, raw}, err
}

// lockedBuffer collects the output of a process.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
