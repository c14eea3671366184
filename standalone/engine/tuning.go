package engine

import (
	"time"

	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/server/common/dynamicconfig"
)

// unlimited is a rate per second that is never reached on one machine. The server's own limits protect clusters that many
// share; here they would only refuse a flood that PostgreSQL queues anyway.
const unlimited = 1_000_000

// tuning are the server's dynamic settings: quick answers on two cores, no rate limits, and little to do when idle.
func tuning() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// Rates of requests.
		dynamicconfig.FrontendRPS.Key():                                                        unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                                 unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():                       unlimited,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key():                100_000,
		dynamicconfig.HistoryRPS.Key():                                                         unlimited,
		dynamicconfig.MatchingRPS.Key():                                                        unlimited,
		dynamicconfig.WorkflowIdReuseMinimalInterval.Key():                                     time.Duration(0),
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): 100,

		// Rates of database statements.
		dynamicconfig.FrontendPersistenceMaxQPS.Key():        unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():         unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():        unlimited,
		dynamicconfig.WorkerPersistenceMaxQPS.Key():          unlimited,
		dynamicconfig.VisibilityPersistenceMaxReadQPS.Key():  unlimited,
		dynamicconfig.VisibilityPersistenceMaxWriteQPS.Key(): unlimited,

		// Short ways: a client's first workflow task comes back with the start itself, activities of a finished task with
		// its answer, and a task queue of one machine needs no partitions to forward between.
		dynamicconfig.EnableEagerWorkflowStart.Key():            true,
		dynamicconfig.EnableActivityEagerExecution.Key():        true,
		dynamicconfig.EnableStickyQuery.Key():                   true,
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// Priorities and fairness keys of tasks are honoured from the first task on.
		dynamicconfig.MatchingEnableFairness.Key(): true,

		// Housekeeping of large clusters, which on one machine only burns processor time.
		dynamicconfig.TaskQueueScannerEnabled.Key():                   false,
		dynamicconfig.HistoryScannerEnabled.Key():                     false,
		dynamicconfig.ExecutionsScannerEnabled.Key():                  false,
		dynamicconfig.BuildIdScavengerEnabled.Key():                   false,
		dynamicconfig.PersistenceHealthSignalMetricsEnabled.Key():     false,
		dynamicconfig.PersistenceHealthSignalAggregationEnabled.Key(): false,

		// Workers inside the server, for schedules and batches.
		dynamicconfig.WorkerPerNamespaceWorkerOptions.Key(): sdkworker.Options{
			MaxConcurrentWorkflowTaskPollers: 2,
			MaxConcurrentActivityTaskPollers: 2,
		},
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 10_000,
	}
}
