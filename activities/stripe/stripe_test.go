package stripe_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/stripe"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// mockVariable names the environment variable that holds the path of stripe-mock, which answers as Stripe's own
// description of its API says.
const mockVariable = "PERDURA_STRIPE_MOCK"

var noon = clock.Clock{Origin: time.Now(), Business: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Speed: 1e-9}

// mock starts stripe-mock on a port of its own choice.
func mock(t *testing.T) string {
	t.Helper()
	path := os.Getenv(mockVariable)
	if path == "" {
		t.Skip("this test needs stripe-mock: run it with `make test`, or set " + mockVariable)
	}
	cmd := exec.CommandContext(t.Context(), path, "-http-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	address := regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := address.FindString(lines.Text()); found != "" {
			return "http://" + found
		}
	}
	t.Fatal("stripe-mock did not say where it listens")
	return ""
}

func TestTheCallsAreThoseOfStripe(t *testing.T) {
	t.Parallel()
	s := stripe.New(stripe.Options{Pool: dbtest.New(t), Clock: noon, APIKey: "sk_test_123", URL: mock(t)})
	_, err := s.Pull(t.Context(), stripe.Invoice{InvoiceID: "in_1"})
	require.NoError(t, err)
	_, err = s.MarkUncollectible(t.Context(), stripe.Invoice{InvoiceID: "in_1"})
	require.NoError(t, err)
	filled, err := s.Backfill(t.Context(), stripe.Gap{Since: 1_770_000_000})
	require.NoError(t, err)
	require.Positive(t, filled.Read)
}

func TestWhatAWebhookMissedIsPulledOnce(t *testing.T) {
	t.Parallel()
	pool, who := dbtest.New(t), uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', now(), now())`, who)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer sk_test_123", r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/v1/invoices/in_1":
			_, _ = w.Write([]byte(`{"id":"in_1","object":"invoice","amount_due":1000,"amount_paid":1000,"created":1770000000,"currency":"eur","customer":"cus_1","metadata":{"contact_id":"` +
				who.String() + `"},"number":"R-1","status":"paid","payments":{"object":"list","data":[{"id":"inpay_1","object":"invoice_payment","payment":{"type":"payment_intent","payment_intent":"pi_1"}}]}}`))
		case "/v1/invoices/in_gone":
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such invoice"}}`))
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	s := stripe.New(stripe.Options{Pool: pool, Clock: noon, APIKey: "sk_test_123", URL: server.URL})
	for _, want := range []bool{true, false} {
		pulled, err := s.Pull(t.Context(), stripe.Invoice{InvoiceID: "in_1"})
		require.NoError(t, err)
		require.Equal(t, stripe.Pulled{Changed: want}, pulled)
	}
	var state string
	require.NoError(t, pool.QueryRow(t.Context(), `select state from invoices where source = 'stripe' and external_id = 'in_1'`).Scan(&state))
	require.Equal(t, billing.Paid, state)
	_, err := s.Pull(t.Context(), stripe.Invoice{InvoiceID: "in_gone"})
	require.True(t, process.IsType(err, process.TypeNotFound), "%v", err)
	_, err = s.Pull(t.Context(), stripe.Invoice{InvoiceID: "in_down"})
	require.True(t, process.IsType(err, process.TypeUnavailable), "%v", err)
}
