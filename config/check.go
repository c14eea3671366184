package config

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The checks of single values. Each error completes the sentence `key: "value" …`.

func between[T cmp.Ordered](low, high T) check[T] {
	return func(v T) error {
		if v < low || v > high {
			return fmt.Errorf("is outside %v to %v", low, high)
		}
		return nil
	}
}

func oneOf(words ...string) check[string] {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return fmt.Errorf("is none of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

func matches(pattern, otherwise string) check[string] {
	re := regexp.MustCompile(pattern)
	return func(v string) error {
		if !re.MatchString(v) {
			return fmt.Errorf("%s", otherwise)
		}
		return nil
	}
}

func hostPort(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("is no host:port")
	}
	return nil
}

func webURL(v string) error {
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("is no http or https address")
	}
	if strings.HasSuffix(v, "/") || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("has more than scheme, host and path, or ends with a slash")
	}
	return nil
}

// postgresURL does not quote what is wrong: the driver's errors repeat parts of the URL, and it may hold a password.
func postgresURL(v string) error {
	u, err := url.Parse(v)
	if err == nil && (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		err = fmt.Errorf("scheme")
	}
	if err == nil {
		_, err = pgxpool.ParseConfig(v)
	}
	if err != nil {
		return fmt.Errorf("is no PostgreSQL URI")
	}
	return nil
}

func mailbox(v string) error {
	if _, err := mail.ParseAddress(v); err != nil {
		return fmt.Errorf("is no mail address")
	}
	return nil
}

// webhookSecret follows Standard Webhooks: 24 to 64 random bytes.
func webhookSecret(v string) error {
	encoded, ok := strings.CutPrefix(v, "whsec_")
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(secret) < 24 || len(secret) > 64 {
		return fmt.Errorf("is not whsec_ and 24 to 64 bytes in base64")
	}
	return nil
}

// redactURL hides the password of a connection URI, and all of what is none.
func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "(set, hidden)"
	}
	if u.Query().Has("password") {
		q := u.Query()
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
