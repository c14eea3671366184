package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxForm    = 1 << 20 // bytes
	maxSMSBody = 1600    // characters
	// poolNumber sends for messaging services; Twilio's test credentials name
	// it as the one valid sender.
	poolNumber = "+15005550006"
)

var (
	phoneNumber      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)                                     // E.164
	smsSender        = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 +_&-]{1,11})$`) // number, short code, sender ID
	messagingService = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
)

func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// twilioCreate sends a text message: POST …/Messages.json with a form, as
// CreateMessage of Twilio's API 2010-04-01. It answers 201 with the Message
// resource.
func (s *Sandbox) twilioCreate(w http.ResponseWriter, r *http.Request) {
	if !s.authenticated(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		writeTwilioError(w, newTwilioError(http.StatusBadRequest, 20001, "The form cannot be read"))
		return
	}
	channel := ChannelSMS
	if strings.HasPrefix(r.PostForm.Get("To"), "whatsapp:") {
		channel = ChannelWhatsApp
	}
	fault := s.faults.take(channel)
	if fault != nil && fault.Mode != FaultTimeoutAfterAccept {
		fault.wait(r.Context())
		failTwilio(w, fault)
		return
	}
	m, details, refused := s.newSMS(r, channel)
	if refused != nil {
		writeTwilioError(w, refused)
		return
	}
	if err := s.outbox.add([]byte(r.PostForm.Encode()), details, m); err != nil {
		s.log.Error("a text message could not be kept", "error", err)
		writeTwilioError(w, newTwilioError(http.StatusInternalServerError, 20500, "Internal Server Error"))
		return
	}
	s.deliverLater(m.ID)
	if fault != nil {
		fault.wait(r.Context())
		failTwilio(w, fault)
		return
	}
	writeJSON(w, http.StatusCreated, newTwilioMessage(m, details, m.SentAt, 0))
}

// newSMS checks the form and makes the message of it.
func (s *Sandbox) newSMS(r *http.Request, channel string) (*Message, *sms, *twilioError) {
	form := r.PostForm
	refuse := func(code int, message string) (*Message, *sms, *twilioError) {
		return nil, nil, newTwilioError(http.StatusBadRequest, code, message)
	}
	to, from, service := form.Get("To"), form.Get("From"), form.Get("MessagingServiceSid")
	number := strings.TrimPrefix(to, "whatsapp:")
	switch {
	case to == "":
		return refuse(21604, "A 'To' phone number is required.")
	case !phoneNumber.MatchString(number):
		return refuse(21211, "The 'To' number "+to+" is not a valid phone number.")
	case testNumbers[number] != nil:
		return nil, nil, testNumbers[number]
	case from == "" && service == "":
		return refuse(21603, "A 'From' phone number is required.")
	case service != "" && !messagingService.MatchString(service):
		return refuse(21701, "The Messaging Service does not exist.")
	case from != "" && !smsSender.MatchString(strings.TrimPrefix(from, "whatsapp:")):
		return refuse(21212, "The 'From' number "+from+" is not a valid phone number, shortcode, or alphanumeric sender ID.")
	}
	body := form.Get("Body")
	if body == "" && form.Get("ContentSid") != "" {
		// The real provider would fill its template in; what is known is shown.
		body = strings.TrimSpace("Content template " + form.Get("ContentSid") + " " + form.Get("ContentVariables"))
	}
	if body == "" && !form.Has("MediaUrl") {
		return refuse(21602, "Message body is required.")
	}
	if utf8.RuneCountInString(body) > maxSMSBody {
		return refuse(21617, "The concatenated message body exceeds the 1600 character limit")
	}
	callback := form.Get("StatusCallback")
	if u, err := url.Parse(callback); callback != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
		return refuse(21609, "The 'StatusCallback' URL "+callback+" is not a valid URL.")
	}
	if from == "" {
		from = poolNumber
		if channel == ChannelWhatsApp {
			from = "whatsapp:" + from
		}
	}
	details := &sms{
		AccountSID: s.options.TwilioAccountSID, MessagingServiceSID: service, StatusCallback: callback,
		Segments: segments(body), Media: len(form["MediaUrl"]),
	}
	if s.outbox.optedOut(optOut{to, details.sender(from)}) {
		return refuse(21610, "Attempt to send to unsubscribed recipient")
	}
	now := s.now().UTC()
	m := &Message{
		ID: newID(now), Channel: channel, To: to, From: from, Text: validText([]byte(body)),
		Headers: recordedHeaders(r.Header), SentAt: now, Attachments: []Attachment{},
		Status: "queued", Size: len(form.Encode()),
	}
	if service != "" {
		m.Status = "accepted" // a messaging service first chooses a sender
	}
	m.ProviderID = twilioSID(m.ID)
	for _, media := range form["MediaUrl"] {
		m.Attachments = append(m.Attachments, Attachment{Name: media})
	}
	return m, details, nil
}
