package e2e_test

func event(kind, subject string) map[string]any { return nil }
