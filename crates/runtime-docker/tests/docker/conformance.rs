//! The conformance suite at both engines, as root. An engine takes seconds to come up, so one is there for a module of
//! the suite.

mod docker {
    use crate::support::Here;
    use engines::Kind;

    async fn engine() -> Here {
        Here::new(Kind::Docker).await
    }

    runtime::conformance_suite!(engine = engine);
}

mod podman {
    use crate::support::Here;
    use engines::Kind;

    async fn engine() -> Here {
        Here::new(Kind::Podman).await
    }

    runtime::conformance_suite!(engine = engine);
}
