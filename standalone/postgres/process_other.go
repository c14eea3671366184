//go:build !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
)

// dieWithParent does nothing here: only Linux ends a process with its parent. A server left behind is stopped by the
// next start.
func dieWithParent(*exec.Cmd) {}

// serversOf returns the processes that serve the cluster: those whose command line names it.
func serversOf(cluster string) ([]int, error) {
	out, err := exec.Command("ps", "-axo", "pid=,command=").Output()
	if err != nil {
		return nil, err
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		number, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(number)
		if err == nil && strings.Contains(command, "postgres") && strings.Contains(command, "-D "+cluster+" ") {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
