package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	namespace   = "default"
	clusterName = "active"
	storeName   = "sqlite-default"
	host        = "127.0.0.1"
	// serverReady bounds the time to a server that answers.
	serverReady = time.Minute
)

// devServer is a Temporal server in this process that is configured as `temporal server start-dev --db-filename` does.
type devServer struct {
	server  temporal.Server
	address string
}

// startDevServer starts it with a new database in folder. journal is SQLite's journal_mode.
func startDevServer(folder, journal string) (*devServer, error) {
	ports, err := freePorts(5)
	if err != nil {
		return nil, err
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", Format: "json", OutputFile: filepath.Join(folder, "temporal.log")}))
	store := &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: filepath.Join(folder, "temporal.db"),
		ConnectAttributes: map[string]string{
			"mode": "rwc", "journal_mode": journal, "synchronous": "2",
		},
	}
	if err := sqliteschema.SetupSchema(store); err != nil {
		return nil, fmt.Errorf("make the schema of Temporal's SQLite (the workspace must be new): %w", err)
	}
	space, err := sqliteschema.NewNamespaceConfig(clusterName, namespace, false, nil)
	if err != nil {
		return nil, fmt.Errorf("compose the namespace: %w", err)
	}
	if err := sqliteschema.CreateNamespaces(store, space); err != nil {
		return nil, fmt.Errorf("make the namespace: %w", err)
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(devConfig(store, ports)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(devHosts(ports)),
		temporal.WithDynamicConfigClient(devSettings()),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
	)
	if err != nil {
		return nil, fmt.Errorf("compose Temporal: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	return &devServer{server: server, address: at(ports[0])}, nil
}

// devSettings are the dynamic settings of the command line tool.
func devSettings() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                 8096,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():      true,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                    10_000,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                     45_000,
	}
}

func devConfig(store *config.SQL, ports []int) *config.Config {
	var conf config.Config
	conf.Persistence.DefaultStore = storeName
	conf.Persistence.VisibilityStore = storeName
	conf.Persistence.NumHistoryShards = 1
	conf.Persistence.DataStores = map[string]config.DataStore{storeName: {SQL: store}}
	conf.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
			Enabled: true, InitialFailoverVersion: 1, RPCAddress: at(ports[0]), HTTPAddress: at(ports[4]),
		}},
	}
	conf.DCRedirectionPolicy.Policy = "noop"
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"
	conf.Services = map[string]config.Service{
		string(primitives.FrontendService): {RPC: config.RPC{BindOnIP: host, GRPCPort: ports[0], HTTPPort: ports[4]}},
		string(primitives.HistoryService):  {RPC: config.RPC{BindOnIP: host, GRPCPort: ports[1]}},
		string(primitives.MatchingService): {RPC: config.RPC{BindOnIP: host, GRPCPort: ports[2]}},
		string(primitives.WorkerService):   {RPC: config.RPC{BindOnIP: host, GRPCPort: ports[3]}},
	}
	conf.PublicClient.HostPort = at(ports[0])
	return &conf
}

func devHosts(ports []int) map[primitives.ServiceName]static.Hosts {
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(at(ports[0])),
		primitives.HistoryService:  static.SingleLocalHost(at(ports[1])),
		primitives.MatchingService: static.SingleLocalHost(at(ports[2])),
		primitives.WorkerService:   static.SingleLocalHost(at(ports[3])),
	}
}

func at(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// dial connects to a Temporal server, which may be just starting.
func dial(ctx context.Context, options client.Options) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, serverReady)
	defer cancel()
	for {
		connected, err := client.DialContext(ctx, options)
		if err == nil {
			return connected, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to Temporal at %s: %w", options.HostPort, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
