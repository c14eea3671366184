package sandbox

import (
	"net/http"
	"strconv"
)

// twilioError is the body of Twilio's error answers; the codes are those of
// https://www.twilio.com/docs/api/errors.
type twilioError struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func newTwilioError(status, code int, message string) *twilioError {
	return &twilioError{code, message, "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), status}
}

func writeTwilioError(w http.ResponseWriter, e *twilioError) { writeJSON(w, e.Status, e) }

// testNumbers are recipients that Twilio's test credentials refuse:
// https://www.twilio.com/docs/iam/test-credentials.
var testNumbers = map[string]*twilioError{
	"+15005550001": newTwilioError(http.StatusBadRequest, 21211, "The 'To' number +15005550001 is not a valid phone number."),
	"+15005550002": newTwilioError(http.StatusBadRequest, 21612, "The message cannot be sent with the current combination of 'To' and 'From' parameters."),
	"+15005550003": newTwilioError(http.StatusBadRequest, 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number."),
	"+15005550004": newTwilioError(http.StatusBadRequest, 21610, "Attempt to send to unsubscribed recipient"),
	"+15005550009": newTwilioError(http.StatusBadRequest, 21614, "'To' number is not a valid mobile number"),
}

// failTwilio answers a fault. Aborting the handler closes the connection
// without an answer.
func failTwilio(w http.ResponseWriter, fault *Fault) {
	switch fault.Mode {
	case FaultRateLimit:
		w.Header().Set("Retry-After", strconv.Itoa(fault.retryAfter()))
		writeTwilioError(w, newTwilioError(http.StatusTooManyRequests, 20429, "Too Many Requests"))
	case FaultReject:
		writeTwilioError(w, newTwilioError(http.StatusBadRequest, 21614, "'To' number is not a valid mobile number"))
	case FaultTimeout, FaultTimeoutAfterAccept:
		panic(http.ErrAbortHandler)
	default:
		writeTwilioError(w, newTwilioError(http.StatusInternalServerError, 20500, "Internal Server Error"))
	}
}

// authenticated checks HTTP Basic authentication and the account in the path;
// it has answered when it returns false.
func (s *Sandbox) authenticated(w http.ResponseWriter, r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	if !sameSecret(user, s.options.TwilioAccountSID) || !sameSecret(password, s.options.TwilioAuthToken) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		writeTwilioError(w, newTwilioError(http.StatusUnauthorized, 20003, "Authenticate"))
		return false
	}
	if r.PathValue("account") != s.options.TwilioAccountSID {
		s.twilioNotFound(w, r)
		return false
	}
	return true
}

func (s *Sandbox) twilioNotFound(w http.ResponseWriter, r *http.Request) {
	writeTwilioError(w, newTwilioError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
}
