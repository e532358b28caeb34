/** The one question that tells all that is measured of a server (PostgreSQL 13 and later). */

/** Functions that only one role may call stand behind `CASE`, which does not evaluate the other branch. `$1` is the user who replicates. */
export const serverRowSql = `SELECT jsonb_build_object(
  'systemId', (SELECT system_identifier::text FROM pg_control_system()),
  'startedAt', extract(epoch FROM pg_postmaster_start_time())::text,
  'recovering', r,
  'written', CASE WHEN NOT r THEN pg_current_wal_lsn()::text END,
  'flushed', CASE WHEN NOT r THEN pg_current_wal_flush_lsn()::text ELSE pg_last_wal_replay_lsn()::text END,
  'walFile', CASE WHEN NOT r THEN pg_walfile_name(pg_current_wal_lsn()) END,
  'received', pg_last_wal_receive_lsn()::text,
  'replayed', pg_last_wal_replay_lsn()::text,
  'timelines', jsonb_build_array((SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
    (SELECT received_tli FROM pg_stat_wal_receiver WHERE status = 'streaming')),
  'receiving', EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
  'behindSeconds', CASE WHEN r AND (pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()
      OR NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'))
    THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END,
  'silentSeconds', (SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time)
    FROM pg_stat_wal_receiver WHERE status = 'streaming'),
  'standbys', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', application_name, 'state', state,
    'syncState', sync_state, 'flushed', flush_lsn::text)), '[]') FROM pg_stat_replication),
  'syncNames', (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_standby_names'),
  'follows', (SELECT reset_val <> '' FROM pg_settings WHERE name = 'primary_conninfo'),
  'commits', (SELECT setting FROM pg_file_settings WHERE name = 'synchronous_commit' ORDER BY seqno DESC LIMIT 1),
  'checkpointerIdle', (SELECT wait_event IN ('CheckpointerMain', 'CheckpointWriteDelay')
    FROM pg_stat_activity WHERE backend_type = 'checkpointer'),
  'bypasses', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', rolname, 'database', datname, 'setting', one)
      ORDER BY rolname, datname), '[]')
    FROM pg_db_role_setting s LEFT JOIN pg_roles u ON u.oid = setrole LEFT JOIN pg_database d ON d.oid = setdatabase,
      unnest(setconfig) AS one
    WHERE one ILIKE 'synchronous_commit=%' AND split_part(lower(one), '=', 2) NOT IN ('on', 'remote_apply', 'true', 'yes', '1')),
  'settings', (SELECT jsonb_object_agg(name, setting) FROM pg_settings WHERE name IN ('wal_level', 'max_wal_senders',
    'wal_log_hints', 'data_checksums', 'fsync', 'full_page_writes', 'max_connections', 'max_worker_processes',
    'max_prepared_transactions', 'max_locks_per_transaction', 'restart_after_crash', 'hot_standby')),
  'mayReplicate', EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin AND (rolreplication OR rolsuper)),
  'takesReplication', EXISTS (SELECT FROM pg_hba_file_rules WHERE error IS NULL AND auth_method <> 'reject'
    AND type <> 'local' AND 'replication' = ANY (database) AND (user_name && ARRAY[$1::text, 'all'])),
  'takesOwnReplication', EXISTS (SELECT FROM pg_hba_file_rules WHERE error IS NULL AND auth_method <> 'reject'
    AND type <> 'local' AND 'replication' = ANY (database) AND (user_name && ARRAY[current_user::text, 'all']))
) AS row FROM (SELECT pg_is_in_recovery() AS r) AS t`;
