package config

import (
	"fmt"
	"strings"
)

// Problems is everything that is wrong with the settings, one line each.
type Problems []string

func (p Problems) Error() string {
	noun := "settings are"
	if len(p) == 1 {
		noun = "setting is"
	}
	return fmt.Sprintf("%d %s wrong:\n  %s", len(p), noun, strings.Join(p, "\n  "))
}

// contradictions are settings that are right by themselves and wrong together. Those in wrong are known to be wrong
// already and are not judged again.
func contradictions(c Config, needs Need, wrong map[string]bool) Problems {
	var p Problems
	production := c.Environment == Production
	engine := needs&(NeedEngine|NeedWorker) != 0
	if c.Encryption.Off && production {
		p = append(p, "encryption.off: production does not run with readable payloads; set PERDURA_ENCRYPTION_OFF to false, or PERDURA_ENVIRONMENT to development on a machine without people's data")
	}
	if engine && len(c.Encryption.Keys) == 0 && !c.Encryption.Off && !wrong["encryption.keys"] {
		p = append(p, "encryption.keys: it has no value; set PERDURA_ENCRYPTION_KEYS to e.g. 2026a:$(openssl rand -base64 32)")
	}
	if c.SMTP.TLS == "none" && c.SMTP.Password != "" {
		p = append(p, "smtp.tls: with none the password would travel readable; set PERDURA_SMTP_TLS to starttls or implicit, or remove smtp.password")
	}
	if c.SMTP.Username == "" && c.SMTP.Password != "" {
		p = append(p, "smtp.username: it has no value, but smtp.password has; set PERDURA_SMTP_USERNAME, or remove the password")
	}
	if c.Clock.Speed != 1 && !c.Providers.Sandbox && !wrong["clock.speed"] {
		p = append(p, "clock.speed: only a sandbox may run faster than real time; set PERDURA_CLOCK_SPEED to 1, or PERDURA_PROVIDERS_SANDBOX to true when every provider configured reaches nobody")
	}
	if c.Providers.Sandbox && production {
		p = append(p, "providers.sandbox: production does not run on sandbox providers; set PERDURA_PROVIDERS_SANDBOX to false, or PERDURA_ENVIRONMENT to development")
	}
	if (c.Worker.Deployment.Name == "") != (c.Worker.Deployment.BuildID == "") && !wrong["worker.deployment_name"] {
		p = append(p, "worker.build_id: a versioned worker needs worker.deployment_name and worker.build_id; set both or neither")
	}
	if c.Worker.Deployment.Versioned() && c.Worker.EagerStart {
		p = append(p, "worker.eager_start: an eager start runs on the worker that asked for it, whatever version the deployment ramps to; set PERDURA_WORKER_EAGER_START to false to use worker versioning")
	}
	if c.Worker.MaxConcurrentLocalActivities > c.Database.MaxConnections && c.Database.MaxConnections > 0 {
		p = append(p, fmt.Sprintf("worker.max_concurrent_local_activities: %d database steps at once wait for %d connections; set PERDURA_DATABASE_MAX_CONNECTIONS higher, or PERDURA_WORKER_MAX_CONCURRENT_LOCAL_ACTIVITIES to %d",
			c.Worker.MaxConcurrentLocalActivities, c.Database.MaxConnections, max(1, c.Database.MaxConnections-4)))
	}
	return append(p, channelContradictions(c, needs, wrong)...)
}

// nearest is the known key with the fewest edits (Levenshtein) to key, or "" when none is close.
func nearest(key string, known []string) string {
	best, distance := "", 4
	for _, k := range known {
		if d := edits(key, k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return best
	}
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, k := range known {
		if strings.HasSuffix(k, "."+last) {
			return k
		}
	}
	return ""
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
