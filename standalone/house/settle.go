package house

import (
	"fmt"

	"github.com/perdura/perdura/standalone/engine"
)

// settleAddresses decides where every part but PostgreSQL listens, before the first one starts, so that each can be told
// about all others. A part that is not raised here is expected where it was asked for, or where it was last.
func (h *House) settleAddresses() error {
	for _, entry := range []struct {
		part      Part
		key, name string
		want      *Listen
	}{
		{API, keyAPI, "API", &h.options.API},
		{Temporal, keyTemporal, "Temporal server", &h.options.Temporal},
		{UI, keyUI, "Temporal UI", &h.options.UI},
		{Sandbox, keyOutbox, "outbox", &h.options.Outbox},
		{Sandbox, keySMTP, "sandbox SMTP server", &h.options.SMTP},
	} {
		settled, err := h.settle(entry.part, entry.key, entry.name, *entry.want)
		if err != nil {
			return err
		}
		*entry.want = settled
	}
	h.setting.API = "http://" + h.options.API.String()
	h.setting.Docs = h.setting.API + "/docs"
	h.setting.Temporal = h.options.Temporal.String()
	h.setting.TemporalUI = "http://" + h.options.UI.String()
	h.setting.Outbox = "http://" + h.options.Outbox.String()
	h.setting.SMTP = h.options.SMTP.String()
	h.setting.Namespace = engine.Namespace
	h.setting.DatabaseURL = h.options.DatabaseURL
	if h.setting.DatabaseURL == "" && !h.setting.Runs(Postgres) {
		h.setting.DatabaseURL = lastRecord(h.setting.DataDir, Postgres).At[keyPostgres]
		if h.setting.DatabaseURL == "" {
			return fmt.Errorf("find the database: no PostgreSQL was started on %s yet; start one with --parts postgres, or set PERDURA_DATABASE_URL",
				h.setting.DataDir)
		}
	}
	return nil
}

func (h *House) settle(part Part, key, name string, want Listen) (Listen, error) {
	if !h.setting.Runs(part) {
		if last, err := parseListen(lastRecord(h.setting.DataDir, part).At[key]); err == nil && !want.Fixed {
			return last, nil
		}
		return want, nil
	}
	settled, err := want.pick(h.taken)
	if err != nil {
		return Listen{}, fmt.Errorf("start the %s: %w", name, err)
	}
	if want.Port != 0 && settled.Port != want.Port {
		h.progress.say(fmt.Sprintf("port %d is in use; the %s takes %d", want.Port, name, settled.Port))
	}
	h.taken[settled.String()] = true
	return settled, nil
}
