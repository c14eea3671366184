package postgres

// settings returns the server's options for a small machine that must not lose what it accepted. They are given on the
// command line at every start, so a cluster made by an earlier version has them too.
func settings(host, port string) []string {
	pairs := [][2]string{
		{"listen_addresses", host},
		{"port", port},
		// TCP only: a socket folder would need permissions of its own, and its path may be too long for the system.
		{"unix_socket_directories", ""},
		{"cluster_name", "perdura"},
		{"password_encryption", "scram-sha-256"},

		// Durability: an answered request survives a power cut.
		{"fsync", "on"},
		{"synchronous_commit", "on"},
		{"full_page_writes", "on"},

		// Two cores, a few hundred megabytes.
		{"max_connections", "200"},
		{"shared_buffers", "256MB"},
		{"effective_cache_size", "1GB"},
		{"work_mem", "8MB"},
		{"maintenance_work_mem", "64MB"},
		{"max_parallel_workers_per_gather", "0"},
		{"jit", "off"},
		{"random_page_cost", "1.1"},

		// Fewer checkpoints, and write-ahead log kept small: Temporal rewrites the same rows many times.
		{"wal_compression", "on"},
		{"min_wal_size", "128MB"},
		{"max_wal_size", "1GB"},
		{"checkpoint_timeout", "15min"},
		{"checkpoint_completion_target", "0.9"},
		{"autovacuum_naptime", "30s"},

		{"timezone", "UTC"},
		{"log_timezone", "UTC"},
		{"log_min_messages", "warning"},
		// Terse, and no statements: a duplicate key would otherwise put the e-mail address it is about in the log.
		{"log_error_verbosity", "terse"},
		{"log_min_error_statement", "panic"},
	}
	args := make([]string, 0, 2*len(pairs))
	for _, pair := range pairs {
		args = append(args, "-c", pair[0]+"="+pair[1])
	}
	return args
}
