package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/app"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/standalone/house"
	"github.com/perdura/perdura/templates"
	"github.com/perdura/perdura/worker"
)

// runPerdura serves what the setting asks for, on the house's own PostgreSQL, Temporal and providers. PERDURA_… variables
// override the house's choices, as they do anywhere.
func runPerdura(ctx context.Context, setting house.Setting, ready func()) error {
	log, err := os.OpenFile(filepath.Join(setting.DataDir, "logs", "perdura.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open Perdura's log: %w", err)
	}
	defer log.Close()
	defaults, err := settings(setting)
	if err != nil {
		return err
	}
	loaded, err := config.Load(config.Sources{Defaults: defaults}, config.NeedDatabase|config.NeedEngine|config.NeedWorker)
	if err != nil {
		return err
	}
	cfg := loaded.Config
	cfg.Log.Out = log
	if err := furnish(ctx, cfg, setting); err != nil {
		return err
	}
	parts := app.Parts{
		API:    setting.Runs(house.API),
		Worker: setting.Runs(house.Worker), Dispatcher: setting.Runs(house.Worker),
	}
	return app.Run(ctx, cfg, worker.Standard(), parts, func(app.Addresses) { ready() })
}

// settings are Perdura's settings in this house, as they would stand in the environment.
func settings(setting house.Setting) (map[string]string, error) {
	smtpHost, smtpPort, err := net.SplitHostPort(setting.SMTP)
	if err != nil {
		return nil, fmt.Errorf("read the address of the sandbox mail server: %w", err)
	}
	webhookKey, err := setting.SendGridWebhookKey()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"environment":        config.Development,
		"providers.sandbox":  "true",
		"database.url":       setting.DatabaseURL,
		"temporal.address":   setting.Temporal,
		"temporal.namespace": setting.Namespace,
		"api.listen":         setting.APIListen(),
		"api.public_url":     setting.API,
		"encryption.keys":    strings.Join(setting.EncryptionKeys, ","),
		"smtp.host":          smtpHost,
		"smtp.port":          smtpPort,
		"smtp.tls":           "none",
		"smtp.from":          "Perdura <perdura@example.com>",
		// All mail and text messages go to the sandbox, by whichever way email.provider chooses.
		"email.per_second":      "500",
		"sms.per_second":        "500",
		"sendgrid.url":          setting.Outbox,
		"sendgrid.api_key":      setting.SendGridAPIKey,
		"sendgrid.webhook_key":  webhookKey,
		"sendgrid.lookup":       "3s",
		"ses.url":               setting.Outbox,
		"ses.region":            "us-east-1",
		"ses.access_key_id":     setting.SESAccessKeyID,
		"ses.secret_access_key": setting.SESSecretKey,
		"twilio.url":            setting.Outbox,
		"twilio.account_sid":    setting.TwilioAccountSID,
		"twilio.auth_token":     setting.TwilioAuthToken,
		"twilio.from":           "+15005550006",
		"stripe.url":            setting.Outbox,
		"stripe.api_key":        setting.StripeAPIKey,
		"stripe.webhook_secret": setting.StripeWebhookSecret,
		"webhook.secret":        setting.WebhookSecret,
		"links.keys":            setting.LinksKey,
		"evidence.keys":         setting.EvidenceKey,
		"evidence.anchor_file":  filepath.Join(setting.DataDir, "evidence.log"),
		"clock.speed":           strconv.FormatFloat(setting.ClockSpeed, 'g', -1, 64),
		"log.format":            "json",
		// Below what the house gives a part to stop.
		"worker.stop_timeout": "5s",
	}, nil
}

// furnish makes the tables, the first API key and people to give leads to. All of it may stand there already.
func furnish(ctx context.Context, cfg config.Config, setting house.Setting) error {
	pool, err := db.Open(ctx, cfg.Database.URL, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.Migrate(ctx, pool); err != nil {
		return err
	}
	installer := audit.Record{ActorKind: "system", ActorID: "standalone", Reason: "first start"}
	keys := access.NewKeys(pool, clock.Clock{})
	if err := keys.Adopt(ctx, installer, "first key", setting.APIKey, []string{"*"}); err != nil {
		return err
	}
	if err := records.Seed(ctx, pool, time.Now().UTC()); err != nil {
		return err
	}
	if err := templates.Seed(ctx, pool, time.Now().UTC()); err != nil {
		return err
	}
	return records.SeedDemo(ctx, pool, time.Now().UTC(), setting.Outbox+"/hooks")
}
