//! The conformance suite at both engines, as root.

mod docker {
    use crate::engine::Kind;
    use crate::support::Here;
    use runtime::conformance::Rig;

    async fn rig() -> Rig {
        Rig::new(Box::new(Here::new(Kind::Docker).await)).await
    }

    runtime::conformance_suite!(rig);
}

mod podman {
    use crate::engine::Kind;
    use crate::support::Here;
    use runtime::conformance::Rig;

    async fn rig() -> Rig {
        Rig::new(Box::new(Here::new(Kind::Podman).await)).await
    }

    runtime::conformance_suite!(rig);
}
