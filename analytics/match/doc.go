// Package match decides whether two records describe the same person or
// company. It holds pure functions only: the caller owns storage and look-ups.
//
// The work is split in three, as is usual in record linkage:
//
//   - normalisation (CanonicalEmail, CanonicalPhone and the folding inside
//     NewProfile) brings spellings of one value to one form;
//   - blocking (Profile.Keys) yields short index keys, so that a record is compared
//     with the few that share a key and never with the whole store;
//   - comparison (Compare) adds up one weight of evidence per field and answers
//     Same, Review or Different with its reasons.
//
// Sources: I. P. Fellegi and A. B. Sunter, "A Theory for Record Linkage", JASA 64
// (1969); W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules in
// the Fellegi–Sunter Model of Record Linkage" (1990); P. Christen, "Data Matching"
// (Springer, 2012) for blocking passes and typing-error models.
package match
