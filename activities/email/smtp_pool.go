package email

import (
	"errors"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

const (
	maxIdle    = 8
	idleExpiry = 20 * time.Second // servers commonly drop a silent client after 30 s and more
)

// pool holds connections between mails.
type pool struct {
	mu   sync.Mutex
	idle []idleConn
}

type idleConn struct {
	smtp *smtp.Client
	used time.Time
}

// take returns an idle connection; nil when there is none.
func (p *pool) take() *smtp.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if time.Since(c.used) < idleExpiry {
			return c.smtp
		}
		_ = c.smtp.Close()
	}
	return nil
}

// keep takes a connection whose transaction has ended well.
func (p *pool) keep(conn *smtp.Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) >= maxIdle {
		_ = conn.Close()
		return
	}
	p.idle = append(p.idle, idleConn{conn, time.Now()})
}

func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, c := range p.idle {
		_ = c.smtp.UpdateDeadline(time.Second)
		if c.smtp.Quit() != nil { // the server may have hung up long ago
			errs = append(errs, c.smtp.Close())
		}
	}
	p.idle = nil
	return errors.Join(errs...)
}
