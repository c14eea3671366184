package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent makes the kernel end the server with a fast shutdown when the thread that started it ends, and thereby
// when this program is killed. The thread must live as long as the server should: see Server.run.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
}

// serversOf returns the processes whose working folder is the cluster, which is where every PostgreSQL process of it
// works: the postmaster and its children, also those that outlived it.
func serversOf(cluster string) ([]int, error) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, link := range links {
		dir, err := os.Readlink(link)
		if err != nil || dir != cluster {
			continue // gone meanwhile, or somebody else's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
		if err == nil && strings.HasPrefix(strings.TrimSpace(string(name)), "postgres") {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
