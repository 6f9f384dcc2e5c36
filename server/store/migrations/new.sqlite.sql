CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE users (
    id TEXT NOT NULL,
    created_at DATETIME NOT NULL, name TEXT, name_key TEXT, password_hash TEXT, subject TEXT, totp_secret TEXT, totp_step BIGINT DEFAULT '0' NOT NULL, role TEXT DEFAULT 'user' NOT NULL, disabled_at DATETIME, wrong_code_at DATETIME, stored_bytes BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id)
);

CREATE TABLE conversations (
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    leaf_id TEXT,
    pinned BOOLEAN NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    deleted_at DATETIME, model TEXT, params JSON,
    CONSTRAINT pk_conversations PRIMARY KEY (user_id, id),
    CONSTRAINT fk_conversations_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_conversations_newest ON conversations (user_id, updated_at, id);

CREATE TABLE messages (
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    parent_id TEXT,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    status TEXT NOT NULL,
    model TEXT,
    provider TEXT,
    attempts JSON NOT NULL,
    usage JSON,
    error JSON,
    finish_reason TEXT,
    state JSON,
    last_seq BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    ended_at DATETIME, answering JSON, deleted_at DATETIME, source_id TEXT,
    CONSTRAINT pk_messages PRIMARY KEY (user_id, id),
    CONSTRAINT fk_messages_conversation FOREIGN KEY(user_id, conversation_id) REFERENCES conversations (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_messages_parent FOREIGN KEY(user_id, parent_id) REFERENCES messages (user_id, id),
    CONSTRAINT uq_messages_sequence UNIQUE (user_id, conversation_id, sequence)
);

CREATE INDEX ix_messages_children ON messages (user_id, parent_id);

CREATE INDEX ix_messages_running ON messages (user_id, conversation_id) WHERE status = 'running';

CREATE TABLE events (
    user_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    lines TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (user_id, message_id, first_seq),
    CONSTRAINT fk_events_message FOREIGN KEY(user_id, message_id) REFERENCES messages (user_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_messages_deleted ON messages (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE presets (
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    params JSON NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_presets PRIMARY KEY (user_id, id),
    CONSTRAINT fk_presets_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_presets_name UNIQUE (user_id, name)
);

CREATE TABLE searchable (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (user_id, message_id)
);

CREATE VIRTUAL TABLE search_index USING fts5(content, content='', tokenize='trigram');

CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_index, row);

CREATE TRIGGER search_new AFTER INSERT ON messages WHEN new.status <> 'running' BEGIN
    INSERT INTO searchable (user_id, message_id) VALUES (new.user_id, new.id);
    INSERT INTO search_index (rowid, content)
    SELECT id, new.content || '  ' FROM searchable WHERE user_id = new.user_id AND message_id = new.id;
END;

CREATE TRIGGER search_ended AFTER UPDATE OF status ON messages WHEN old.status = 'running' AND new.status <> 'running' BEGIN
    INSERT INTO searchable (user_id, message_id) VALUES (new.user_id, new.id);
    INSERT INTO search_index (rowid, content)
    SELECT id, new.content || '  ' FROM searchable WHERE user_id = new.user_id AND message_id = new.id;
END;

CREATE TRIGGER search_running AFTER UPDATE OF status ON messages WHEN old.status <> 'running' AND new.status = 'running' BEGIN
    INSERT INTO search_index (search_index, rowid, content)
    SELECT 'delete', id, old.content || '  ' FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
    DELETE FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
END;

CREATE TRIGGER search_changed AFTER UPDATE OF content ON messages WHEN old.status <> 'running' AND new.status <> 'running' AND old.content <> new.content BEGIN
    INSERT INTO search_index (search_index, rowid, content)
    SELECT 'delete', id, old.content || '  ' FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
    INSERT INTO search_index (rowid, content)
    SELECT id, new.content || '  ' FROM searchable WHERE user_id = new.user_id AND message_id = new.id;
END;

CREATE TRIGGER search_gone AFTER DELETE ON messages WHEN old.status <> 'running' BEGIN
    INSERT INTO search_index (search_index, rowid, content)
    SELECT 'delete', id, old.content || '  ' FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
    DELETE FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
END;

CREATE UNIQUE INDEX uq_users_name_key ON users (name_key);

CREATE UNIQUE INDEX uq_users_subject ON users (subject);

CREATE TABLE sessions (
    token_hash TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    seen_at DATETIME NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (token_hash),
    CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_user ON sessions (user_id, seen_at);

CREATE TABLE links (
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_links PRIMARY KEY (token_hash),
    CONSTRAINT fk_links_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_links_user ON links (user_id);

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
    CONSTRAINT fk_recovery_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE api_keys (
    key_hash TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    last_four TEXT NOT NULL,
    models JSON NOT NULL,
    created_at DATETIME NOT NULL,
    used_at DATETIME,
    expires_at DATETIME, turns_per_minute BIGINT DEFAULT '0' NOT NULL, concurrent_turns BIGINT DEFAULT '0' NOT NULL, tokens_per_day BIGINT DEFAULT '0' NOT NULL, keeps BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (key_hash),
    CONSTRAINT fk_api_keys_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_api_keys_user ON api_keys (user_id, created_at);

CREATE TABLE spendings (
    user_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    minute DATETIME NOT NULL,
    tokens BIGINT NOT NULL,
    CONSTRAINT pk_spendings PRIMARY KEY (user_id, key_id, minute),
    CONSTRAINT fk_spendings_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE ways (
    user_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_ways PRIMARY KEY (user_id, message_id),
    CONSTRAINT fk_ways_user_id_messages FOREIGN KEY(user_id, message_id) REFERENCES messages (user_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_ways_hash ON ways (user_id, hash);

CREATE INDEX ix_messages_source ON messages (user_id, source_id) WHERE source_id IS NOT NULL;

INSERT INTO users (id, created_at) VALUES ('local', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

INSERT INTO alembic_version (version_num) VALUES ('0013');
