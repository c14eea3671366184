package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is where notifications arrive: over HTTP, or as mails that link to the lead.
type sink struct {
	notify string // the URL that takes {"id": …}
	mail   string // host:port of the mail server

	mu     sync.Mutex
	leads  map[string]*arrival
	total  int
	closes []func() error
}

// arrival is the notification of one lead.
type arrival struct {
	came chan struct{} // closed once it has come
	at   time.Time
	seen int // how often it has come
}

// listen opens a sink on free ports.
func listen() (*sink, error) {
	s := &sink{leads: map[string]*arrival{}}
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	post, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.notify, s.mail = "http://"+web.Addr().String()+"/notify", post.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(s.take), ReadHeaderTimeout: time.Minute}
	mails := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{s}, nil }))
	mails.Domain = "localhost"
	s.closes = []func() error{server.Close, mails.Close}
	go func() { _ = server.Serve(web) }()
	go func() { _ = mails.Serve(post) }()
	return s, nil
}

func (s *sink) close() {
	for _, c := range s.closes {
		_ = c()
	}
}

// of is the arrival of a lead, also when it is yet to come: a notification may be faster than the answer to its lead.
func (s *sink) of(id string) *arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known(id)
}

func (s *sink) known(id string) *arrival {
	a := s.leads[id]
	if a == nil {
		a = &arrival{came: make(chan struct{})}
		s.leads[id] = a
	}
	return a
}

func (s *sink) arrived(id string) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.known(id)
	if a.seen++; a.seen == 1 {
		a.at = now
		s.total++
		close(a.came)
	}
}

// count is how many leads have been notified of.
func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// twice is how many were notified of more than once.
func (s *sink) twice() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.leads {
		if a.seen > 1 {
			n++
		}
	}
	return n
}

// wait returns when the notification came, or false when the context ends before.
func (s *sink) wait(ctx context.Context, id string) (time.Time, bool) {
	a := s.of(id)
	select {
	case <-a.came:
		return a.at, true
	case <-ctx.Done():
		return time.Time{}, false
	}
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	var lead struct{ ID string }
	if err := json.NewDecoder(r.Body).Decode(&lead); err != nil || lead.ID == "" {
		http.Error(w, "a notification is {\"id\": …}", http.StatusBadRequest)
		return
	}
	s.arrived(lead.ID)
	w.WriteHeader(http.StatusNoContent)
}

// mailSession takes mails from one connection.
type mailSession struct{ sink *sink }

func (*mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*mailSession) Reset()                               {}
func (*mailSession) Logout() error                        { return nil }

var leadLink = regexp.MustCompile(`/v1/leads/([0-9a-f-]{36})`)

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(raw), "=\r\n", "") // quoted-printable folds lines so (RFC 2045, 6.7)
	if link := leadLink.FindStringSubmatch(text); link != nil {
		m.sink.arrived(link[1])
	}
	return nil
}
