package engine

import (
	"fmt"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// Databases are the connection strings of Temporal's two databases, which must exist.
type Databases struct {
	// Main holds workflows and task queues, Visibility what lists and searches read.
	Main, Visibility string
}

// ensureSchema brings both databases to the schema of this server's release. Run again it changes nothing; interrupted,
// it goes on where it stopped.
func ensureSchema(databases Databases, logger log.Logger) error {
	for location, name := range map[string]string{
		databases.Main:       "postgresql/v12/temporal",
		databases.Visibility: "postgresql/v12/visibility",
	} {
		if err := updateSchema(location, name, logger); err != nil {
			return fmt.Errorf("bring Temporal's database to schema %s: %w", name, err)
		}
	}
	return nil
}

func updateSchema(location, name string, logger log.Logger) error {
	conf, err := sqlConfig(location)
	if err != nil {
		return err
	}
	connection, err := sql.NewConnection(conf, logger)
	if err != nil {
		return err
	}
	defer connection.Close()
	// Without a version on record there are not even the tables to record one.
	if _, err := connection.ReadSchemaVersion(); err != nil {
		setup := &schema.SetupConfig{InitialVersion: "0.0"}
		if err := schema.NewSetupSchemaTask(connection, setup, logger).Run(); err != nil {
			return err
		}
	}
	update := &schema.UpdateConfig{DBName: conf.DatabaseName, SchemaName: name}
	return schema.NewUpdateSchemaTask(connection, update, logger).Run()
}
