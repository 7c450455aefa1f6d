/** The catalog's tables, for `openDatabase`. */
export const CATALOG_MIGRATIONS: readonly string[] = [
  `CREATE TABLE catalog_record (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     generation INTEGER NOT NULL,
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     updated_by TEXT NOT NULL,
     fields TEXT NOT NULL,
     PRIMARY KEY (tenant, kind, name)
   ) STRICT;
   -- Outlives the record: a name's generations go on after a deletion.
   CREATE TABLE catalog_history (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     generation INTEGER NOT NULL,
     at TEXT NOT NULL,
     by TEXT NOT NULL,
     -- NULL: the deletion.
     fields TEXT,
     PRIMARY KEY (tenant, kind, name, generation)
   ) STRICT;
   CREATE TABLE catalog_reference (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     to_kind TEXT NOT NULL,
     to_name TEXT NOT NULL,
     PRIMARY KEY (tenant, kind, name, to_kind, to_name),
     FOREIGN KEY (tenant, kind, name) REFERENCES catalog_record ON DELETE CASCADE,
     FOREIGN KEY (tenant, to_kind, to_name) REFERENCES catalog_record ON DELETE RESTRICT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX catalog_referrer ON catalog_reference (tenant, to_kind, to_name);
   CREATE TABLE catalog_sealed_value (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL CHECK (kind = 'secret'),
     name TEXT NOT NULL,
     key_id TEXT NOT NULL,
     nonce BLOB NOT NULL,
     ciphertext BLOB NOT NULL,
     PRIMARY KEY (tenant, kind, name),
     FOREIGN KEY (tenant, kind, name) REFERENCES catalog_record ON DELETE CASCADE
   ) STRICT;
   CREATE INDEX catalog_sealing_key ON catalog_sealed_value (key_id);`,
];
