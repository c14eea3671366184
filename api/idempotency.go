package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db/query"
)

// sweepEvery is how often answers that have expired are forgotten.
const sweepEvery = time.Hour

// settleTimeout bounds what is done about a key whether or not the caller is still there.
const settleTimeout = 5 * time.Second

// idempotently runs work once for an Idempotency-Key: the first call reserves the key, runs, and stores its answer;
// later calls get that answer. A call that died leaves its reservation to expire, and the next one runs again: handlers
// derive their ids from the key (Call.Effect), so nothing is created twice. digest stands for the body.
func (s *Server) idempotently(c *Call, digest []byte, work func(*Call) error) error {
	if c.Key == "" {
		return work(c)
	}
	q := query.New()
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %s\n", c.Request().Method, c.Request().URL.RequestURI())
	hash.Write(digest)
	now := time.Now()
	timeout := s.timeout(c.op)
	reservation := query.ReserveIdempotencyKeyParams{
		ApiKeyID: c.Principal.KeyID, Key: c.Key, Method: c.Request().Method, Path: c.Request().URL.Path, BodyHash: hash.Sum(nil),
		// Business instants of real ones: the reservation protects against machines, at any speed of the clock.
		Now: s.clock.At(now).Truncate(time.Microsecond), Expired: s.clock.At(now.Add(-s.limits.Replay)),
		LockedUntil: s.clock.At(now.Add(timeout + 5*time.Second)).Truncate(time.Microsecond),
	}
	// A caller who leaves while PostgreSQL reserves must not leave a reservation that nobody knows of: it is made whole,
	// and what follows finds the caller gone and gives the key back.
	reserving, cancel := context.WithTimeout(context.WithoutCancel(c.Ctx()), settleTimeout)
	reserved, err := q.ReserveIdempotencyKey(reserving, s.pool, reservation)
	cancel()
	if err != nil {
		return fmt.Errorf("reserve an idempotency key: %w", err)
	}
	if reserved == 0 {
		return s.replay(c, reservation)
	}
	s.sweep(now)
	kept := keep(c)
	if err := work(c); err != nil {
		p := s.problemOf(err, c.Context)
		if err := p.Write(c.Response()); err != nil {
			return err
		}
	}
	// The caller may have left; what was done is kept all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Ctx()), settleTimeout)
	defer cancel()
	if err := s.settle(ctx, reservation, kept); err != nil {
		s.log.ErrorContext(ctx, "an answer could not be kept for its idempotency key", "path", c.Path(), "error", describe(err))
	}
	return kept.send()
}

// settle stores the answer; a failure of the server is no answer, so the key is given back.
func (s *Server) settle(ctx context.Context, r query.ReserveIdempotencyKeyParams, a *keptAnswer) error {
	if a.status >= http.StatusInternalServerError {
		return query.New().ReleaseIdempotencyKey(ctx, s.pool, query.ReleaseIdempotencyKeyParams{
			ApiKeyID: r.ApiKeyID, Key: r.Key, LockedUntil: r.LockedUntil,
		})
	}
	header, err := json.Marshal(a.header)
	if err != nil {
		return err
	}
	_, err = query.New().AnswerIdempotencyKey(ctx, s.pool, query.AnswerIdempotencyKeyParams{
		ApiKeyID: r.ApiKeyID, Key: r.Key, LockedUntil: r.LockedUntil, Status: int32(a.status), Header: header, Body: a.body.Bytes(),
	})
	return err
}

// replay answers a call whose key is taken.
func (s *Server) replay(c *Call, r query.ReserveIdempotencyKeyParams) error {
	row, err := query.New().GetIdempotencyKey(c.Ctx(), s.pool, query.GetIdempotencyKeyParams{ApiKeyID: r.ApiKeyID, Key: r.Key})
	if err != nil {
		return fmt.Errorf("read an idempotency key: %w", err)
	}
	switch {
	case !bytes.Equal(row.BodyHash, r.BodyHash):
		return problem.Invalid(problem.Field{Field: headerKey, Message: "was used for another request: choose a new key for a new request"})
	case row.Status == nil:
		p := problem.Conflict("in-progress", "The first request with this Idempotency-Key is still at work. Come back for its answer.")
		p.RetryAfter = time.Second
		return p
	}
	var header http.Header
	if row.Header.Valid {
		if err := json.Unmarshal(row.Header.RawMessage, &header); err != nil {
			return fmt.Errorf("read the headers of a kept answer: %w", err)
		}
	}
	for name, values := range header {
		c.Response().Header()[name] = values
	}
	c.Response().Header().Set("Idempotency-Replayed", "true")
	c.Response().WriteHeader(int(*row.Status))
	_, err = c.Response().Write(row.Body)
	return err
}

// sweep forgets expired answers, beside the request that happens to find the hour over.
func (s *Server) sweep(now time.Time) {
	last := s.swept.Load()
	if now.Sub(time.Unix(0, last)) < sweepEvery || !s.swept.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := query.New().ForgetIdempotencyKeys(ctx, s.pool, s.clock.At(now.Add(-s.limits.Replay))); err != nil {
			s.log.WarnContext(ctx, "expired answers could not be forgotten; the next try comes in an hour", "error", describe(err))
		}
	}()
}

// keptAnswer holds an answer back until it is stored.
type keptAnswer struct {
	to     *echo.Response
	writer http.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

// keep puts a keptAnswer in the place of the call's response writer.
func keep(c *Call) *keptAnswer {
	k := &keptAnswer{to: c.Response(), writer: c.Response().Writer, header: http.Header{}, status: http.StatusOK}
	c.Response().Writer = k
	return k
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) WriteHeader(status int)      { k.status = status }
func (k *keptAnswer) Write(b []byte) (int, error) { return k.body.Write(b) }

// send passes the answer on.
func (k *keptAnswer) send() error {
	k.to.Writer = k.writer
	for name, values := range k.header {
		k.writer.Header()[name] = values
	}
	k.writer.Header().Set("Content-Length", strconv.Itoa(k.body.Len()))
	k.writer.WriteHeader(k.status)
	_, err := k.writer.Write(k.body.Bytes())
	return err
}
