package main

import (
	"net/http"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/standalone/house"
	"github.com/perdura/perdura/standalone/sandbox"
)

// wiring connects the house with what is built elsewhere.
func wiring() house.Wiring {
	return house.Wiring{Perdura: runPerdura, Sandbox: newSandbox, Codec: newCodec}
}

// newCodec makes the handler that decrypts payloads for the Temporal UI, with the keys Perdura encrypts with.
func newCodec(setting house.Setting) (http.Handler, error) {
	keys, err := codec.ParseKeys(setting.EncryptionKeys)
	if err != nil {
		return nil, err
	}
	payloads, err := codec.New(keys)
	if err != nil {
		return nil, err
	}
	return codec.Handler(payloads), nil
}

// newSandbox makes the stand-in for mail, text message and payment providers, with the accounts Perdura is configured for.
func newSandbox(setting house.Setting) (house.Service, error) {
	signer, err := setting.SendGridPrivateKey()
	if err != nil {
		return nil, err
	}
	return sandbox.New(sandbox.Options{
		SMTPAddr:         setting.SMTP,
		HTTPAddr:         setting.OutboxListen(),
		DataDir:          setting.SandboxDir(),
		WebhookBase:      setting.API,
		TwilioAccountSID: setting.TwilioAccountSID,
		TwilioAuthToken:  setting.TwilioAuthToken,
		SendGridKey:      signer,
		SendGridAPIKey:   setting.SendGridAPIKey,
		SESAccessKeyID:   setting.SESAccessKeyID,
		StripeAPIKey:     setting.StripeAPIKey, StripeWebhookSecret: setting.StripeWebhookSecret,
		DeliveryEvents: true,
	})
}
