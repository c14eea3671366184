package app

// Parts says which of the house's parts run in this process.
type Parts struct {
	// API answers REST.
	API bool
	// Worker carries out processes.
	Worker bool
	// Dispatcher delivers accepted events to Temporal and seals the audit log.
	Dispatcher bool
}

// Addresses is where a running process answers.
type Addresses struct {
	// API is the base URL of the REST API, without a trailing slash; empty when the API does not run here.
	API string
}
