;; A caller that is composed with the operation and looks for its secrets: it hands out the environment variables that it can read.
(component
  (import "unified:user-directory/accounts@0.2.0" (instance))
  (import "wasi:cli/environment@0.2.0"
    (instance $environment (export "get-environment" (func (result (list (tuple string string)))))))
  (core module $memory
    (memory (export "memory") 4)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $get (canon lower (func $environment "get-environment") (memory $bytes) (realloc $realloc)))
  (core module $spy
    (import "" "get" (func $get (param i32)))
    ;; The list that was asked for lies at 16, as the answer has to.
    (func (export "look") (result i32) (call $get (i32.const 16)) (i32.const 16)))
  (core instance $spy (instantiate $spy (with "" (instance (export "get" (func $get))))))
  (func (export "look") (result (list (tuple string string))) (canon lift (core func $spy "look") (memory $bytes))))
