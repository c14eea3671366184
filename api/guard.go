package api

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
)

// authorize is the one place where a caller is recognised and the scope of the operation asked for.
func (s *Server) authorize(c *Call) error {
	if c.op.Access == "" {
		return nil
	}
	header := c.Request().Header.Get("Authorization")
	scheme, bearer, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || bearer == "" {
		return problem.Unauthorized("Send the API key as \"Authorization: Bearer KEY\".")
	}
	principal, err := s.access.Authenticate(c.Ctx(), strings.TrimSpace(bearer))
	if errors.Is(err, access.ErrUnauthenticated) {
		return problem.Unauthorized("The API key is unknown, expired or revoked. Send a valid one as \"Authorization: Bearer KEY\".")
	}
	if err != nil {
		return err
	}
	c.Principal = principal
	resource := access.Resource{Kind: c.op.Tag, ID: c.Param("id")}
	if err := access.Authorize(c.Ctx(), principal, c.op.Access, resource); err != nil {
		var denied *access.DeniedError
		if errors.As(err, &denied) {
			return problem.Forbidden("The API key lacks the scope " + string(denied.Action) + ". Use one that has it.")
		}
		return err
	}
	return s.rates.take(principal.KeyID)
}

// rates holds a token bucket for each key.
type rates struct {
	limit rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[uuid.UUID]*rate.Limiter
}

func newRates(perSecond float64, burst int) *rates {
	return &rates{limit: rate.Limit(perSecond), burst: burst, buckets: map[uuid.UUID]*rate.Limiter{}}
}

// take takes one token of the key's bucket. Real time: it protects machines, not the business.
func (r *rates) take(key uuid.UUID) error {
	r.mu.Lock()
	bucket, ok := r.buckets[key]
	if !ok {
		bucket = rate.NewLimiter(r.limit, r.burst)
		r.buckets[key] = bucket
	}
	r.mu.Unlock()
	reservation := bucket.ReserveN(time.Now(), 1)
	if delay := reservation.Delay(); delay > 0 {
		reservation.Cancel()
		return problem.TooMany(delay)
	}
	return nil
}
