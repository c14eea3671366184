// Package config reads the settings of a Perdura program from flags, environment, a YAML file and defaults, in that
// order, and refuses to start on wrong ones with one message that names them all.
package config

import (
	"io"
	"time"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/evidence"
)

// Environments a program may run in. Production is the default and refuses what only a sandbox may do.
const (
	Production  = "production"
	Development = "development"
)

// Config is every setting, read and checked. Durations are real time unless the field says otherwise.
type Config struct {
	// Environment is Production or Development.
	Environment string
	Database    Database
	Temporal    Temporal
	API         API
	Log         Log
	Metrics     Metrics
	Trace       Trace
	Encryption  Encryption
	Email       Email
	SMTP        SMTP
	SendGrid    SendGrid
	SES         SES
	DKIM        DKIM
	SMS         SMS
	Twilio      Twilio
	Webhook     Webhook
	Stripe      Stripe
	Links       Links
	Evidence    Evidence
	Worker      Worker
	Dispatcher  Dispatcher
	Clock       Clock
	Providers   Providers
}

// Database says where Perdura's own PostgreSQL is.
type Database struct {
	// URL is a PostgreSQL connection URI. It may hold a password: never print it, see Setting.Shown.
	URL            string
	MaxConnections int
}

// Temporal says which engine the processes run on.
type Temporal struct {
	// Address is host:port; empty leaves it to the profile.
	Address string
	// Namespace is empty to leave it to the profile.
	Namespace string
	TaskQueue string
	// Profile names a profile of Temporal's own configuration file, which holds TLS and API keys.
	Profile string
}

// API says where and how the REST API answers.
type API struct {
	// Listen is host:port; port 0 chooses a free one.
	Listen string
	// PublicURL is the base of the links that leave the house, without a trailing slash; empty when nobody set it.
	PublicURL string
	// RateLimit is requests a second for each API key; 0 means no limit.
	RateLimit int
}

// Log says what is logged and how.
type Log struct {
	// Level is debug, info, warn or error.
	Level string
	// Format is json or text.
	Format string
	// Out is where lines go; standard error when nil. It is no setting: programs that embed Perdura choose it.
	Out io.Writer
}

// Metrics says where Prometheus finds what the program tells of itself.
type Metrics struct {
	// Listen is host:port; empty collects nothing.
	Listen string
}

// Trace says where traces go.
type Trace struct {
	// URL is an OTLP/HTTP endpoint; empty traces nothing.
	URL string
	// Share is the share of requests that are traced, from 0 to 1.
	Share float64
}

// Encryption holds the keys of the payloads in Temporal.
type Encryption struct {
	// Keys decrypt; the first also encrypts.
	Keys []codec.Key
	// Off leaves payloads in clear. Production refuses it.
	Off bool
}

// SMTP is the mail server that mail goes through.
type SMTP struct {
	Host     string
	Port     int
	Username string
	Password string
	// TLS is starttls, implicit or none.
	TLS string
	// From is the sender, as in RFC 5322: an address with or without a name.
	From    string
	Timeout time.Duration
}

// Webhook signs what the house calls out with.
type Webhook struct {
	// Secret is a Standard Webhooks secret: whsec_ and base64. Empty when the house calls nobody.
	Secret string
	// InboundSecret is another, by which gateways that report to us are recognised. Empty when none does.
	InboundSecret string
}

// Links signs the links that leave the house in messages.
type Links struct {
	// Keys recognise links; the first also signs.
	Keys [][]byte
}

// Evidence says how what proves a signature is kept.
type Evidence struct {
	// Keys sign receipts with the first; the public halves of all are published.
	Keys []evidence.Key
	// AnchorFile is the log that heads of evidence go into; empty for none.
	AnchorFile string
}

// Worker sizes the Temporal worker.
type Worker struct {
	// EagerStart lets a run begin in the process that started it.
	EagerStart                   bool
	MaxConcurrentWorkflowTasks   int
	MaxConcurrentActivities      int
	MaxConcurrentLocalActivities int
	// StopTimeout is how long a stopping worker waits for what it has begun.
	StopTimeout time.Duration
	Deployment  Deployment
}

// Deployment is the Worker Deployment version that this worker belongs to; both empty without versioning.
type Deployment struct {
	Name    string
	BuildID string
}

// Versioned reports whether the worker takes part in Worker Versioning.
func (d Deployment) Versioned() bool { return d.Name != "" }

// Dispatcher paces the delivery of events to Temporal.
type Dispatcher struct {
	// Concurrency is how many subjects are served at once.
	Concurrency int
	// PollInterval is how often the table is looked at when nobody pokes; 0 leaves the choice to the program.
	PollInterval time.Duration
	// Lease is how long a subject stays with a dispatcher that does not answer.
	Lease time.Duration
}

// Clock sets the pace of business time.
type Clock struct {
	// Speed is business seconds a real second; 1 is real time.
	Speed float64
}

// Providers says what stands behind the channels.
type Providers struct {
	// Sandbox promises that every provider configured is a sandbox, which reaches nobody.
	Sandbox bool
}
