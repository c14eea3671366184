package engine

import (
	"fmt"
	"net"
	"net/url"
	"strconv"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"

	"github.com/perdura/perdura/standalone/port"
)

const (
	// shards is the number of history shards. It is written into the database at the first start and cannot change for
	// those data. Shards allow parallel writes; four keep two cores busy and cost little when idle.
	shards = 4

	mainStore       = "main"
	visibilityStore = "visibility"
	clusterName     = "standalone"
)

// ports are where the server's services listen, all on one host.
type ports struct {
	frontend, http, history, matching, worker int
}

// choosePorts takes free ports for the services that only the server itself talks to.
func choosePorts(host string, frontend int) (ports, error) {
	chosen := ports{frontend: frontend}
	// All are held until all are chosen, so that no two are the same.
	for _, service := range []*int{&chosen.http, &chosen.history, &chosen.matching, &chosen.worker} {
		listener, err := port.Listen(host)
		if err != nil {
			return ports{}, err
		}
		defer listener.Close()
		*service = listener.Addr().(*net.TCPAddr).Port
	}
	return chosen, nil
}

// serverConfig composes the configuration of a server with all services in one process.
func serverConfig(host string, at ports, databases Databases) (*config.Config, error) {
	frontend := net.JoinHostPort(host, strconv.Itoa(at.frontend))
	var conf config.Config
	conf.Persistence.DefaultStore = mainStore
	conf.Persistence.VisibilityStore = visibilityStore
	conf.Persistence.NumHistoryShards = shards
	conf.Persistence.DataStores = map[string]config.DataStore{}
	for name, location := range map[string]string{mainStore: databases.Main, visibilityStore: databases.Visibility} {
		store, err := sqlConfig(location)
		if err != nil {
			return nil, err
		}
		conf.Persistence.DataStores[name] = config.DataStore{SQL: store}
	}
	conf.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
			// Without a ClusterID the first start makes one and keeps it in the database.
			Enabled:                true,
			InitialFailoverVersion: 1,
			RPCAddress:             frontend,
			HTTPAddress:            net.JoinHostPort(host, strconv.Itoa(at.http)),
		}},
	}
	conf.DCRedirectionPolicy.Policy = "noop"
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"
	conf.Services = map[string]config.Service{
		string(primitives.FrontendService): {RPC: config.RPC{BindOnIP: host, GRPCPort: at.frontend, HTTPPort: at.http}},
		string(primitives.HistoryService):  {RPC: config.RPC{BindOnIP: host, GRPCPort: at.history}},
		string(primitives.MatchingService): {RPC: config.RPC{BindOnIP: host, GRPCPort: at.matching}},
		string(primitives.WorkerService):   {RPC: config.RPC{BindOnIP: host, GRPCPort: at.worker}},
	}
	conf.PublicClient.HostPort = frontend
	return &conf, nil
}

// hosts names the only member of each service. With it no membership is gossiped or recorded, so that nothing of an
// earlier, killed run can delay a start.
func hosts(host string, at ports) map[primitives.ServiceName]static.Hosts {
	only := func(port int) static.Hosts { return static.SingleLocalHost(net.JoinHostPort(host, strconv.Itoa(port))) }
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: only(at.frontend),
		primitives.HistoryService:  only(at.history),
		primitives.MatchingService: only(at.matching),
		primitives.WorkerService:   only(at.worker),
	}
}

// sqlConfig translates a connection string into the server's terms; its options, such as sslmode, are kept.
func sqlConfig(location string) (*config.SQL, error) {
	parsed, err := url.Parse(location)
	if err != nil || parsed.Hostname() == "" || len(parsed.Path) < 2 {
		// The cause would quote the address, password included.
		return nil, fmt.Errorf("read the database URL: it must look like postgres://user:password@host:5432/temporal")
	}
	number := parsed.Port()
	if number == "" {
		number = "5432"
	}
	password, _ := parsed.User.Password()
	attributes := map[string]string{}
	for name, values := range parsed.Query() {
		attributes[name] = values[0]
	}
	return &config.SQL{
		PluginName:        postgresql.PluginNamePGX,
		ConnectProtocol:   "tcp",
		ConnectAddr:       net.JoinHostPort(parsed.Hostname(), number),
		DatabaseName:      parsed.Path[1:],
		User:              url.QueryEscape(parsed.User.Username()),
		Password:          password,
		ConnectAttributes: attributes,
		// Each of the four services has pools of its own.
		MaxConns:     20,
		MaxIdleConns: 20,
	}, nil
}
