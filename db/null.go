package db

import "github.com/google/uuid"

// NullID is id as a column that may be null: the zero UUID is none.
func NullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// NullText is s as a column that may be null: the empty string is none.
func NullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Text is a column that may be null: null is the empty string.
func Text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
