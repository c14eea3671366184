// Package usage reads from /proc what processes have used: the time on processors, and memory.
package usage

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process and everything that it started have used.
type Usage struct {
	// CPU is the time on processors, of those that have ended too once they were waited for.
	CPU time.Duration
	// Memory in bytes: proportional set sizes, so that what processes share counts once (proc(5), smaps_rollup).
	Memory int64
}

// tick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every Linux that Go runs on (time(7)).
const tick = 10 * time.Millisecond

// Of reads the usage of a process and of its descendants.
func Of(pid int) (Usage, error) {
	all, err := processes()
	if err != nil {
		return Usage{}, err
	}
	if _, there := all[pid]; !there {
		return Usage{}, fmt.Errorf("the usage of process %d cannot be read: it has ended", pid)
	}
	var sum Usage
	for id, p := range all {
		for up := id; up > 1; up = all[up].parent {
			if up == pid {
				sum.CPU += p.cpu
				sum.Memory += memory(id)
				break
			}
		}
	}
	return sum, nil
}

type process struct {
	parent int
	cpu    time.Duration
}

// processes reads all that run.
func processes() (map[int]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, dir := range dirs {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it has ended meanwhile
		}
		id, _ := strconv.Atoi(filepath.Base(dir))
		all[id] = parse(string(stat))
	}
	return all, nil
}

// parse reads a line of /proc/PID/stat. The name in brackets may hold anything; after it come state, parent, …, and as 12th
// to 15th the own and the waited-for children's times, in user and in system mode.
func parse(stat string) process {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	var p process
	p.parent, _ = strconv.Atoi(fields[1])
	for _, field := range fields[11:15] {
		ticks, _ := strconv.ParseInt(field, 10, 64)
		p.cpu += time.Duration(ticks) * tick
	}
	return p
}

func memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if after, ok := strings.CutPrefix(line, "Pss:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
