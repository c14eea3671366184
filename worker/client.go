package worker

import (
	"cmp"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/config"
)

// Where Temporal is when neither the settings nor its own configuration file say.
const (
	DefaultAddress   = "127.0.0.1:7233"
	DefaultNamespace = "default"
)

// keepAlive notices a dead connection within half a minute.
const keepAlive = 15 * time.Second

// Connection tells where the settings find Temporal.
type Connection struct{ Address, Namespace string }

// Dial makes a client that connects at its first call, so that the API accepts while Temporal is down. c encrypts the
// payloads; nil leaves them in clear. Each adjust may change the client's options, last of all. It errs when the profile is missing or its certificates cannot be read.
func Dial(cfg config.Temporal, c *codec.Codec, log *slog.Logger, adjust ...func(*client.Options) error) (client.Client, Connection, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{ConfigFileProfile: cfg.Profile})
	if err != nil {
		return nil, Connection{}, fmt.Errorf("read Temporal's own configuration (temporal.profile, TEMPORAL_… variables): %w", err)
	}
	options.HostPort = cmp.Or(cfg.Address, options.HostPort, DefaultAddress)
	options.Namespace = cmp.Or(cfg.Namespace, options.Namespace, DefaultNamespace)
	options.Logger = sdklog.NewStructuredLogger(quiet(log))
	options.DataConverter = codec.DataConverter(c)
	options.FailureConverter = codec.FailureConverter(c)
	options.ConnectionOptions.KeepAliveTime = keepAlive
	options.ConnectionOptions.KeepAliveTimeout = keepAlive
	at := Connection{Address: options.HostPort, Namespace: options.Namespace}
	for _, change := range adjust {
		if err := change(&options); err != nil {
			return nil, at, err
		}
	}
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return nil, at, fmt.Errorf("prepare the Temporal client for %s: %w", at.Address, err)
	}
	return temporal, at, nil
}
