package config

import (
	"slices"
	"time"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/evidence"
)

// Need is a set of capabilities that a command asks of the settings.
type Need uint

const (
	// NeedDatabase: the command works on Perdura's PostgreSQL.
	NeedDatabase Need = 1 << iota
	// NeedEngine: the command talks to Temporal.
	NeedEngine
	// NeedWorker: the command carries out the steps of processes, and so sends messages.
	NeedWorker
)

// Settings is the table of all settings, in the order of the documentation.
func Settings() []Setting {
	return slices.Concat([]Setting{
		{
			Key: "environment", Default: Production, Example: Development,
			Doc: "`production`, or `development` to allow what only a sandbox may do.",
			put: text(func(c *Config) *string { return &c.Environment }, oneOf(Production, Development)),
		},
		{
			Key: "database.url", Example: "postgres://perdura:secret@db.example.com:5432/perdura", needed: NeedDatabase,
			Doc:  "Perdura's PostgreSQL, as a connection URI.",
			put:  text(func(c *Config) *string { return &c.Database.URL }, postgresURL),
			show: redactURL,
		},
		{
			Key: "database.max_connections", Default: "20", Example: "20",
			Doc: "Most connections that one process holds.",
			put: number(func(c *Config) *int { return &c.Database.MaxConnections }, between(2, 1000)),
		},
		{
			Key: "temporal.address", Example: "127.0.0.1:7233",
			Doc: "Temporal's frontend. Empty: what the profile says, else 127.0.0.1:7233.",
			put: text(func(c *Config) *string { return &c.Temporal.Address }, hostPort),
		},
		{
			Key: "temporal.namespace", Example: "default",
			Doc: "Temporal namespace. Empty: what the profile says, else `default`.",
			put: text(func(c *Config) *string { return &c.Temporal.Namespace }),
		},
		{
			Key: "temporal.task_queue", Default: "perdura", Example: "perdura", needed: NeedEngine,
			Doc: "Task queue that starts go to and workers listen at.",
			put: text(func(c *Config) *string { return &c.Temporal.TaskQueue }),
		},
		{
			Key: "temporal.profile", Example: "prod",
			Doc: "Profile of Temporal's own configuration file, for TLS and API keys. The variables TEMPORAL_TLS…, TEMPORAL_API_KEY work too.",
			put: text(func(c *Config) *string { return &c.Temporal.Profile }),
		},
		{
			Key: "api.listen", Default: "127.0.0.1:8080", Example: "127.0.0.1:8080",
			Doc: "Where the API listens; port 0 takes a free one.",
			put: text(func(c *Config) *string { return &c.API.Listen }, hostPort),
		},
		{
			Key: "api.public_url", Example: "https://perdura.example.com",
			Doc: "Address under which the outside reaches the API, for links. Empty: the address it listens at.",
			put: text(func(c *Config) *string { return &c.API.PublicURL }, webURL),
		},
		{
			Key: "api.rate_limit", Default: "2000", Example: "2000",
			Doc: "Requests a second for each API key; 0 means no limit.",
			put: number(func(c *Config) *int { return &c.API.RateLimit }, between(0, 1_000_000)),
		},
		{
			Key: "log.level", Default: "info", Example: "info",
			Doc: "`debug`, `info`, `warn` or `error`.",
			put: text(func(c *Config) *string { return &c.Log.Level }, oneOf("debug", "info", "warn", "error")),
		},
		{
			Key: "log.format", Default: "json", Example: "json",
			Doc: "`json`, or `text` for people.",
			put: text(func(c *Config) *string { return &c.Log.Format }, oneOf("json", "text")),
		},
		{
			Key: "metrics.listen", Example: "127.0.0.1:9464",
			Doc: "Where Prometheus scrapes this process, at /metrics; empty for nowhere. It asks for no key: keep it inside.",
			put: text(func(c *Config) *string { return &c.Metrics.Listen }, hostPort),
		},
		{
			Key: "trace.url", Example: "http://127.0.0.1:4318/v1/traces",
			Doc: "OTLP/HTTP endpoint that traces go to; empty traces nothing.",
			put: text(func(c *Config) *string { return &c.Trace.URL }, webURL),
		},
		{
			Key: "trace.share", Default: "1", Example: "0.1",
			Doc: "Share of requests that are traced, from 0 to 1.",
			put: decimal(func(c *Config) *float64 { return &c.Trace.Share }, between(0.0, 1.0)),
		},
		{
			Key: "encryption.keys", Secret: true, Example: "2026a:$(openssl rand -base64 32)",
			Doc: "Keys for the payloads in Temporal, as `id:base64` of 32 bytes, separated by commas. The first encrypts, all decrypt.",
			put: parsed(func(raw string) ([]codec.Key, error) { return codec.ParseKeys(list(raw)) },
				func(c *Config) *[]codec.Key { return &c.Encryption.Keys }, distinctKeys),
		},
		{
			Key: "encryption.off", Default: "false", Example: "false",
			Doc: "`true` leaves the payloads in Temporal readable; refused in production.",
			put: truth(func(c *Config) *bool { return &c.Encryption.Off }),
		},
		{
			Key: "smtp.host", Example: "smtp.example.com",
			Doc: "Mail server, needed by `serve` and `worker` where email.provider is `smtp`.",
			put: text(func(c *Config) *string { return &c.SMTP.Host }),
		},
		{
			Key: "smtp.port", Default: "587", Example: "587",
			Doc: "Port of the mail server: 587 for `starttls`, 465 for `implicit`.",
			put: number(func(c *Config) *int { return &c.SMTP.Port }, between(1, 65535)),
		},
		{
			Key: "smtp.username", Example: "perdura",
			Doc: "Login at the mail server; empty for none.",
			put: text(func(c *Config) *string { return &c.SMTP.Username }),
		},
		{
			Key: "smtp.password", Secret: true,
			Doc: "Password at the mail server.",
			put: text(func(c *Config) *string { return &c.SMTP.Password }),
		},
		{
			Key: "smtp.tls", Default: "starttls", Example: "starttls",
			Doc: "`starttls`, `implicit`, or `none`, which is refused together with a password.",
			put: text(func(c *Config) *string { return &c.SMTP.TLS }, oneOf("starttls", "implicit", "none")),
		},
		{
			Key: "smtp.from", Example: "sales@example.com", needed: NeedWorker,
			Doc: "Sender of all mail, whichever the provider: an address, or `Name <address>`.",
			put: text(func(c *Config) *string { return &c.SMTP.From }, mailbox),
		},
		{
			Key: "smtp.timeout", Default: "15s", Example: "15s",
			Doc: "Longest time for one mail.",
			put: duration(func(c *Config) *time.Duration { return &c.SMTP.Timeout }, between(time.Second, 25*time.Second)),
		},
		{
			Key: "webhook.secret", Secret: true, Example: "whsec_$(openssl rand -base64 32)",
			Doc: "Signs outgoing webhooks (Standard Webhooks). Needed as soon as a user has a webhook address.",
			put: text(func(c *Config) *string { return &c.Webhook.Secret }, webhookSecret),
		},
		{
			Key: "webhook.inbound_secret", Secret: true, Example: "whsec_$(openssl rand -base64 32)",
			Doc: "Verifies replies and events that a mail or text gateway posts to /v1/webhooks/inbound (Standard Webhooks); empty when none does.",
			put: text(func(c *Config) *string { return &c.Webhook.InboundSecret }, webhookSecret),
		},
		{
			Key: "links.keys", Secret: true, Example: "$(openssl rand -base64 32)", needed: NeedEngine,
			Doc: "Keys that sign the links in messages, as base64 of 32 bytes, separated by commas. The first signs, all are recognised: add a new one in front and keep the old ones, so that links sent before still work.",
			put: parsed(linkKeys, func(c *Config) *[][]byte { return &c.Links.Keys }),
		},
		{
			Key: "evidence.keys", Secret: true, Example: "2026a:$(openssl rand -base64 32)", needed: NeedEngine,
			Doc: "Ed25519 keys that sign the receipts of contracts, as `id:base64` of 32 random bytes, separated by commas. The first signs; the public halves of all stand at /v1/evidence/keys, so keep the old ones.",
			put: parsed(func(raw string) ([]evidence.Key, error) { return evidence.ParseKeys(list(raw)) }, func(c *Config) *[]evidence.Key { return &c.Evidence.Keys }),
		},
		{
			Key: "evidence.anchor_file", Example: "/var/lib/perdura/evidence.log",
			Doc: "A log that only grows, into which the worker puts the head of every contract's evidence. Copy it elsewhere from time to time. Empty: no log is kept.",
			put: text(func(c *Config) *string { return &c.Evidence.AnchorFile }),
		},
		{
			Key: "worker.eager_start", Default: "true", Example: "true",
			Doc: "Begin a run in the process that started it, for `perdura serve`. It passes worker versioning by, so it is refused with a deployment.",
			put: truth(func(c *Config) *bool { return &c.Worker.EagerStart }),
		},
		{
			Key: "worker.max_concurrent_workflow_tasks", Default: "64", Example: "64",
			Doc: "Workflow tasks at work at once.",
			put: number(func(c *Config) *int { return &c.Worker.MaxConcurrentWorkflowTasks }, between(2, 10_000)),
		},
		{
			Key: "worker.max_concurrent_activities", Default: "64", Example: "64",
			Doc: "Provider steps at work at once.",
			put: number(func(c *Config) *int { return &c.Worker.MaxConcurrentActivities }, between(1, 10_000)),
		},
		{
			Key: "worker.max_concurrent_local_activities", Default: "16", Example: "16",
			Doc: "Database steps at work at once; keep it below database.max_connections.",
			put: number(func(c *Config) *int { return &c.Worker.MaxConcurrentLocalActivities }, between(1, 1000)),
		},
		{
			Key: "worker.stop_timeout", Default: "20s", Example: "20s",
			Doc: "How long a stopping worker waits for the steps it has begun.",
			put: duration(func(c *Config) *time.Duration { return &c.Worker.StopTimeout }, between(time.Second, 10*time.Minute)),
		},
		{
			Key: "worker.deployment_name", Example: "perdura",
			Doc: "Worker Deployment for versioned roll-outs; empty for none.",
			put: text(func(c *Config) *string { return &c.Worker.Deployment.Name },
				matches(`^[A-Za-z0-9_-]+$`, "has other characters than letters, digits, - and _")),
		},
		{
			Key: "worker.build_id", Example: "v1.4.0",
			Doc: "Build of this worker within its deployment.",
			put: text(func(c *Config) *string { return &c.Worker.Deployment.BuildID }),
		},
		{
			Key: "dispatcher.concurrency", Default: "32", Example: "32",
			Doc: "Subjects whose events are delivered at once.",
			put: number(func(c *Config) *int { return &c.Dispatcher.Concurrency }, between(1, 1000)),
		},
		{
			Key: "dispatcher.poll_interval", Example: "250ms",
			Doc: "How often waiting events are looked for when nobody announces them. Empty: 250ms, or 25ms where the API runs elsewhere.",
			put: duration(func(c *Config) *time.Duration { return &c.Dispatcher.PollInterval }, between(10*time.Millisecond, time.Minute)),
		},
		{
			Key: "dispatcher.lease", Default: "10s", Example: "10s",
			Doc: "How long a subject stays with a dispatcher that does not answer before another takes it over.",
			put: duration(func(c *Config) *time.Duration { return &c.Dispatcher.Lease }, between(6*time.Second, time.Hour)),
		},
		{
			Key: "clock.speed", Default: "1", Example: "1",
			Doc: "Business seconds a real second. Other than 1 only with providers.sandbox.",
			put: decimal(func(c *Config) *float64 { return &c.Clock.Speed }, between(1.0, clock.MaxSpeed)),
		},
		{
			Key: "providers.sandbox", Default: "false", Example: "false",
			Doc: "`true` promises that every provider configured is a sandbox that reaches nobody.",
			put: truth(func(c *Config) *bool { return &c.Providers.Sandbox }),
		},
	}, channelSettings(), stripeSettings())
}
