package main

import (
	"fmt"
	"net"
)

// freePorts are n different ports of 127.0.0.1 that nobody listens at.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		// All are held until all are chosen, so that no two are the same.
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
