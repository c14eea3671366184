package feedback_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/feedback"
)

func TestHardBounceSuppressesTheAddress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, phone := h.person()
	message := h.sent(contact, "email", email, "")
	h.take(report(message, feedback.Bounced, 0))
	require.Equal(t, []string{"bounce/all"}, h.suppressed(email))
	require.Empty(t, h.suppressed(phone))
	require.True(t, h.granted(contact, "email_marketing"), "a dead address is no choice")
}

func TestSoftBouncesInARowSuppress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	soft := func(i int) {
		message := h.sent(contact, "email", email, fmt.Sprintf(`created_at = '%s'`, now.Add(time.Duration(i)*time.Second-10*time.Minute).Format(time.RFC3339)))
		h.take(report(message, feedback.SoftBounced, 0), report(message, feedback.SoftBounced, time.Second)) // two reports of one message count once
	}
	for i := range feedback.SoftBounces - 1 {
		soft(i)
	}
	require.Empty(t, h.suppressed(email))
	arrived := h.sent(contact, "email", email, fmt.Sprintf(`created_at = '%s'`, now.Add(20*time.Second-10*time.Minute).Format(time.RFC3339)))
	h.take(report(arrived, feedback.Delivered, 0))
	for i := range feedback.SoftBounces - 1 {
		soft(30 + i)
		require.Empty(t, h.suppressed(email), "a delivery in between begins the count anew")
	}
	soft(50)
	require.Equal(t, []string{"bounce/all"}, h.suppressed(email))
}

func TestSoftBouncesOfOneBatchSuppress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	var batch []feedback.Report
	for range feedback.SoftBounces {
		batch = append(batch, report(h.sent(contact, "email", email, ""), feedback.SoftBounced, 0))
	}
	h.take(batch...)
	require.Equal(t, []string{"bounce/all"}, h.suppressed(email))
}

func TestComplaintEndsAllMarketing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, phone := h.person()
	message := h.sent(contact, "email", email, "")
	h.take(report(message, feedback.Complained, 0))
	h.take(report(message, feedback.Complained, 0))
	require.False(t, h.granted(contact, "email_marketing"))
	require.False(t, h.granted(contact, "sms_marketing"))
	require.Contains(t, h.suppressed(email), "complaint/marketing")
	require.Contains(t, h.suppressed(phone), "unsubscribe/marketing")
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = $1`, events.ContactOptedOut.Name()))
	require.Equal(t, "complaint", one[string](h, `select distinct source from consents where not granted`))
}

func TestUnsubscribeEndsMarketingOfItsChannel(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, phone := h.person()
	h.take(report(h.sent(contact, "email", email, ""), feedback.Unsubscribed, 0))
	require.False(t, h.granted(contact, "email_marketing"))
	require.True(t, h.granted(contact, "sms_marketing"))
	require.Equal(t, []string{"unsubscribe/marketing"}, h.suppressed(email))
	require.Empty(t, h.suppressed(phone))
}

// A provider may know of an address what we never sent to it.
func TestReportsWithoutAMessageConcernTheAddress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, _ := h.person()
	h.take(feedback.Report{Provider: "sendgrid", ExternalID: "1", Kind: feedback.Bounced, Channel: "email", Address: "nobody@example.org"},
		feedback.Report{Provider: "sendgrid", ExternalID: "2", Kind: feedback.Complained, Channel: "email", Address: " ADA1@Example.com"},
		feedback.Report{Provider: "sendgrid", ExternalID: "3", Kind: feedback.Bounced, Channel: "email", Address: "this is no address"})
	require.Equal(t, []string{"bounce/all"}, h.suppressed("nobody@example.org"))
	require.Contains(t, h.suppressed(email), "complaint/marketing")
	require.False(t, h.granted(contact, "sms_marketing"))
	require.Zero(t, one[int](h, `select count(*) from message_events where detail like '%@%'`))
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, phone := h.person()
	message := h.sent(contact, "sms", phone, "")
	n := 0
	text := func(words, keyword string) {
		n++
		require.Equal(t, 1, h.take(feedback.Report{Provider: "twilio", ExternalID: fmt.Sprint(n), Kind: feedback.Replied, Channel: "sms", Address: phone,
			Reply: &feedback.Reply{Text: words, Keyword: keyword}}))
	}
	text("Stop.", "")
	require.False(t, h.granted(contact, "sms_marketing"))
	require.True(t, h.granted(contact, "email_marketing"), "a text message speaks of text messages")
	require.Equal(t, []string{"unsubscribe/marketing"}, h.suppressed(phone))
	require.Empty(t, h.suppressed(email))
	require.Empty(t, h.told(message), "a stop is no answer to what was said")
	require.Nil(t, h.row(message)["replied_at"])

	text("START", "")
	require.Empty(t, h.suppressed(phone))
	require.True(t, h.granted(contact, "sms_marketing"), "who had agreed before is back")

	text("start", feedback.Stop)
	require.Equal(t, []string{"unsubscribe/marketing"}, h.suppressed(phone), "stop wins, whoever heard it")
	require.Equal(t, "stop", one[string](h, `select keyword from inbound_messages order by id desc limit 1`))
	require.Zero(t, one[int](h, `select count(*) from events where type = $1`, events.ContactReplied.Name()))
}

func TestStartIsNoConsent(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, _, phone := h.person()
	h.exec(`delete from consents where contact_id = $1`, contact)
	for i, words := range []string{"STOP", "START"} {
		h.take(feedback.Report{Provider: "twilio", ExternalID: fmt.Sprint(i), Kind: feedback.Replied, Channel: "sms", Address: phone, Reply: &feedback.Reply{Text: words}})
	}
	require.Empty(t, h.suppressed(phone))
	require.False(t, h.granted(contact, "sms_marketing"), "who never agreed has not agreed by taking a stop back")
}

func TestStopFromAnUnknownNumberSuppressesIt(t *testing.T) {
	t.Parallel()
	h := setup(t)
	stop := feedback.Report{Provider: "twilio", ExternalID: "1", Kind: feedback.Replied, Channel: "sms", Address: "+4915155500001", Reply: &feedback.Reply{Text: "ARRÊT"}}
	h.take(stop)
	require.Equal(t, []string{"unsubscribe/marketing"}, h.suppressed("+4915155500001"))
	stop.ExternalID, stop.Reply = "2", &feedback.Reply{Text: "Start"}
	h.take(stop)
	require.Empty(t, h.suppressed("+4915155500001"))
	require.Zero(t, h.take(feedback.Report{Provider: "twilio", ExternalID: "1", Kind: feedback.Replied, Channel: "sms", Address: "+4915155500001", Reply: &feedback.Reply{Text: "ARRÊT"}}))
	require.Empty(t, h.suppressed("+4915155500001"), "a repeated stop is the old one")
}

func TestReplies(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, email, phone := h.person()
	h.sent(contact, "sms", phone, `sent_at = '2026-02-20T09:00:00Z'`)
	asked := h.sent(contact, "sms", phone, "")
	mailed := h.sent(contact, "email", email, "")
	sms := feedback.Report{Provider: "twilio", ExternalID: "sms", Kind: feedback.Replied, Channel: "sms", Address: phone, Reply: &feedback.Reply{Text: "Yes please, Tuesday"}}
	mail := feedback.Report{Provider: "sendgrid", ExternalID: "mail", Kind: feedback.Replied, Channel: "email", Address: email, MessageID: mailed, Reply: &feedback.Reply{Subject: "Re: News", Text: "Stop by on Tuesday"}}
	absent := mail
	absent.ExternalID, absent.Reply = "absent", &feedback.Reply{Text: "I am away", Automatic: true}
	require.Equal(t, 3, h.take(sms, mail, absent))
	require.Zero(t, h.take(sms, mail, absent))
	require.Equal(t, []string{"delivered", "replied"}, h.told(asked), "a text answers the last message")
	require.Equal(t, []string{"delivered", "replied"}, h.told(mailed))
	require.Equal(t, 2, one[int](h, `select count(*) from events where type = $1 and subject = $2`, events.ContactReplied.Name(), contact.String()))
	require.Equal(t, 2, one[int](h, `select count(*) from interactions where kind = 'message.replied'`))
	require.True(t, h.granted(contact, "email_marketing"), "mail has no keywords")
	require.Equal(t, asked.String(), one[string](h, `select message_id::text from inbound_messages where external_id = 'sms'`))
	require.Equal(t, "auto-reply", one[string](h, `select filtered from message_events where external_id = 'absent'`))

	// Somebody whom the mail was passed on to answers: another person, about the same message.
	other, otherEmail, _ := h.person()
	passed := mail
	passed.ExternalID, passed.Address = "passed", otherEmail
	h.take(passed)
	require.Equal(t, other.String(), one[string](h, `select contact_id::text from inbound_messages where external_id = 'passed'`))
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"STOP": "stop", " stop! ": "stop", "Stop it please": "stop", "STOPALL": "stop", "unsubscribe me": "stop", "Cancel": "stop", "END": "stop",
		"quit": "stop", "STOPP": "stop", "Arrêt": "stop", "arret": "stop", "BAJA": "stop", "opt out": "stop", "opt-out": "stop", "Revoke": "stop", "ＳＴＯＰ": "stop",
		"start": "start", "UNSTOP": "start", "Yes": "start", "HELP": "help", "Info?": "help", "ayuda": "help",
		"": "", "…": "", "Cancel the appointment": "", "End of June suits me": "", "yes, Tuesday": "", "please stop": "", "Stopwatch": "", "nonstop": "",
	} {
		require.Equal(t, want, feedback.Keyword(text), text)
	}
}
